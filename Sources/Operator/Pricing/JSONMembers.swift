import Marketplace

/// Reads the members of an object, and collects what is wrong with them.
struct JSONMembers {
    let path: String
    private let members: [String: JSONValue]
    private var read: Set<String> = []
    private(set) var faults: [PricingFault] = []

    init(_ value: JSONValue, at path: String) {
        self.path = path
        if case .object(let members) = value {
            self.members = members
        } else {
            members = [:]
            faults.append(PricingFault(path, "must be an object"))
        }
    }

    private mutating func member<Value>(
        _ name: String, _ kind: String, _ make: (JSONValue) -> Value?
    ) -> Value? {
        read.insert(name)
        switch members[name] {
        case nil, .null: return nil
        case let value?:
            guard let made = make(value) else {
                fail(name, "must be \(kind)")
                return nil
            }
            return made
        }
    }

    mutating func fail(_ name: String, _ message: String) {
        faults.append(PricingFault(path.isEmpty ? name : "\(path).\(name)", message))
    }

    mutating func text(_ name: String) -> String? {
        member(name, "a text") { if case .string(let text) = $0 { text } else { nil } }
    }

    mutating func integer(_ name: String) -> Int64? {
        member(name, "a whole number") { if case .integer(let number) = $0 { number } else { nil } }
    }

    mutating func flag(_ name: String) -> Bool {
        member(name, "true or false") { if case .bool(let flag) = $0 { flag } else { nil } } ?? false
    }

    mutating func texts(_ name: String) -> [String] {
        member(name, "a list of texts") { value -> [String]? in
            guard case .array(let elements) = value else { return nil }
            let texts = elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
            return texts.count == elements.count ? texts : nil
        } ?? []
    }

    mutating func elements(_ name: String) -> [JSONValue] {
        member(name, "a list") { if case .array(let elements) = $0 { elements } else { nil } } ?? []
    }

    /// A text with a fixed format or fixed values, such as a day or a status.
    mutating func value<Value: RawRepresentable>(
        _ name: String, _ kind: String, as type: Value.Type = Value.self
    ) -> Value? where Value.RawValue == String {
        guard let text = text(name) else { return nil }
        if let value = Value(rawValue: text) { return value }
        fail(name, "must be \(kind)")
        return nil
    }

    /// A required member. If it is missing, this adds a fault and returns `other`, so that reading can go on.
    mutating func required<Value>(_ name: String, _ value: Value?, or other: Value) -> Value {
        if value == nil, !faults.contains(where: { $0.path == "\(path).\(name)" }) { fail(name, "is missing") }
        return value ?? other
    }

    /// Adds a fault for each member that was not read.
    mutating func refuseOthers() {
        for name in members.keys.sorted() where !read.contains(name) { fail(name, "is unknown") }
    }
}
