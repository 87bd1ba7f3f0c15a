/// The parameters of one call, read by name. For an invalid value, each method throws Stripe's error.
struct Parameters {
    let tree: FormTree
    /// The name of this level in errors, such as `line_items[0]`.
    let prefix: String

    init(_ tree: FormTree, prefix: String = "") {
        self.tree = tree
        self.prefix = prefix
    }

    func name(_ name: String) -> String { prefix.isEmpty ? name : "\(prefix)[\(name)]" }

    func string(_ key: String, maxLength: Int = 5_000) throws(StripeFailure) -> String? {
        switch tree[key] {
        case nil: return nil
        case .value(let value):
            guard value.count <= maxLength else {
                throw .invalid(
                    "Invalid string: \(name(key)) must be at most \(maxLength) characters", parameter: name(key))
            }
            return value
        case .branch: throw .invalid("Invalid string", parameter: name(key))
        }
    }

    func required(_ key: String, maxLength: Int = 5_000) throws(StripeFailure) -> String {
        guard let value = try string(key, maxLength: maxLength), !value.isEmpty else { throw .missing(name(key)) }
        return value
    }

    func integer(_ key: String) throws(StripeFailure) -> Int64? {
        guard let text = try string(key) else { return nil }
        guard let number = Int64(text) else {
            throw .invalid("Invalid integer: \(text)", code: "parameter_invalid_integer", parameter: name(key))
        }
        return number
    }

    func boolean(_ key: String) throws(StripeFailure) -> Bool? {
        switch try string(key) {
        case nil: return nil
        case "true": return true
        case "false": return false
        case .some(let text):
            throw .invalid("Invalid boolean: \(text)", parameter: name(key))
        }
    }

    func choice(_ key: String, of choices: [String]) throws(StripeFailure) -> String? {
        guard let text = try string(key) else { return nil }
        guard choices.contains(text) else {
            throw .invalid(
                "Invalid \(name(key)): must be one of \(choices.joined(separator: ", "))", parameter: name(key))
        }
        return text
    }

    /// At most 50 keys of 40 characters with values of 500 characters: https://docs.stripe.com/api/metadata
    func metadata(_ key: String = "metadata") throws(StripeFailure) -> [String: String] {
        guard let tree = tree[key] else { return [:] }
        guard case .branch(let members) = tree else { throw .invalid("Invalid hash", parameter: name(key)) }
        guard members.count <= 50 else { throw .invalid("Metadata has more than 50 keys", parameter: name(key)) }
        var metadata: [String: String] = [:]
        for (member, tree) in members {
            guard case .value(let value) = tree, member.count <= 40, value.count <= 500 else {
                throw .invalid("Invalid metadata", parameter: "\(name(key))[\(member)]")
            }
            metadata[member] = value
        }
        return metadata
    }

    func nested(_ key: String) throws(StripeFailure) -> Parameters? {
        switch tree[key] {
        case nil: return nil
        case .value: throw .invalid("Invalid object", parameter: name(key))
        case .branch: return Parameters(tree[key] ?? .branch([:]), prefix: name(key))
        }
    }

    func elements(_ key: String) -> [Parameters] {
        (tree[key]?.elements ?? []).map { Parameters($0.tree, prefix: "\(name(key))[\($0.index)]") }
    }

    func strings(_ key: String) throws(StripeFailure) -> [String] {
        var strings: [String] = []
        for (index, tree) in tree[key]?.elements ?? [] {
            guard case .value(let value) = tree else {
                throw .invalid("Invalid string", parameter: "\(name(key))[\(index)]")
            }
            strings.append(value)
        }
        return strings
    }

    func allowOnly(_ known: Set<String>) throws(StripeFailure) {
        guard case .branch(let members) = tree else { return }
        if let unknown = members.keys.sorted().first(where: { !known.contains($0) }) { throw .unknown(name(unknown)) }
    }
}
