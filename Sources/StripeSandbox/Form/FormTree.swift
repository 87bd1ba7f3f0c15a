/// A form with bracketed names as a tree: `line_items[0][quantity]=2` becomes line_items → 0 → quantity.
indirect enum FormTree: Sendable, Equatable {
    case value(String)
    case branch([String: FormTree])

    static let maxFields = 1_000
    static let maxDepth = 8

    /// Parses the `application/x-www-form-urlencoded` bytes of a body or a query.
    init(encoded bytes: some Collection<UInt8>) throws(StripeFailure) {
        self = .branch([:])
        let pairs = bytes.split(separator: UInt8(ascii: "&"))
        guard pairs.count <= Self.maxFields else { throw .invalid("Too many parameters: \(pairs.count).") }
        for pair in pairs {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = parts.count == 2 ? Self.decode(parts[1]) : "" else {
                throw .invalid("Invalid URL-encoded form: a parameter is not UTF-8 or has a malformed escape.")
            }
            try insert(value, at: try Self.path(name)[...], name: name)
        }
    }

    subscript(_ name: String) -> FormTree? {
        guard case .branch(let members) = self else { return nil }
        return members[name]
    }

    /// The elements of an array, in order. In the form, each element has an index or `[]`.
    var elements: [(index: String, tree: FormTree)] {
        guard case .branch(let members) = self else { return [] }
        return members.sorted { (Int($0.key) ?? .max, $0.key) < (Int($1.key) ?? .max, $1.key) }
            .map { ($0.key, $0.value) }
    }

    private mutating func insert(_ value: String, at path: ArraySlice<String>, name: String) throws(StripeFailure) {
        guard let first = path.first else {
            self = .value(value)
            return
        }
        guard case .branch(var members) = self else { throw .invalid("Invalid object", parameter: name) }
        let key = first.isEmpty ? String(members.count) : first
        let rest = path.dropFirst()
        var child = members[key] ?? .branch([:])
        if rest.isEmpty, case .branch(let existing) = child, !existing.isEmpty {
            throw .invalid("Invalid string", parameter: name)
        }
        if rest.isEmpty { child = .branch([:]) }
        try child.insert(value, at: rest, name: name)
        members[key] = child
        self = .branch(members)
    }

    /// Splits `a[b][]` into `a`, `b` and an empty step. The empty step means the next index.
    private static func path(_ name: String) throws(StripeFailure) -> [String] {
        guard let open = name.firstIndex(of: "["), open != name.startIndex else { return [name] }
        var path = [String(name[..<open])]
        var rest = name[open...]
        while !rest.isEmpty {
            guard rest.first == "[", let close = rest.firstIndex(of: "]"), path.count < maxDepth else {
                throw .invalid("Invalid parameter name: \(name)", parameter: name)
            }
            path.append(String(rest[rest.index(after: rest.startIndex)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        return path
    }

    private static func decode(_ bytes: some Collection<UInt8>) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hexadecimal), let low = iterator.next().flatMap(hexadecimal)
                else { return nil }
                decoded.append(high << 4 | low)
            default: decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
