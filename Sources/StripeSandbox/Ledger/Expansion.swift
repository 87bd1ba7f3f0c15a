/// The fields that a response shows in full: https://docs.stripe.com/api/expanding_objects
struct Expansion: Sendable, Equatable {
    var members: [String: Expansion] = [:]

    static let none = Expansion()
    private static let maxDepth = 4

    init() {}

    init(_ parameters: Parameters) throws(StripeFailure) {
        for path in try parameters.strings("expand") {
            let steps = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard steps.count <= Self.maxDepth else {
                throw .invalid(
                    "You cannot expand more than \(Self.maxDepth) levels of a property.", parameter: "expand")
            }
            insert(steps[...])
        }
    }

    subscript(_ name: String) -> Expansion? { members[name] }

    func allowOnly(_ names: Set<String>) throws(StripeFailure) {
        guard let other = members.keys.sorted().first(where: { !names.contains($0) }) else { return }
        throw .invalid("This property cannot be expanded (\(other)).", parameter: "expand")
    }

    private mutating func insert(_ steps: ArraySlice<String>) {
        guard let first = steps.first else { return }
        members[first, default: Expansion()].insert(steps.dropFirst())
    }
}
