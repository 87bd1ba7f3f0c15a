@testable import StripeSandbox

extension JSON {
    subscript(_ name: String) -> JSON {
        guard case .object(let members) = self else { return .null }
        return members.first { $0.name == name }?.value ?? .null
    }

    var count: Int {
        switch self {
        case .array(let values): values.count
        case .object(let members): members.count
        default: 0
        }
    }

    /// True if this value or a nested one has two members of the same name.
    var hasDuplicateMember: Bool {
        switch self {
        case .array(let values): values.contains(where: \.hasDuplicateMember)
        case .object(let members):
            Set(members.map(\.name)).count < members.count || members.contains { $0.value.hasDuplicateMember }
        default: false
        }
    }
}
