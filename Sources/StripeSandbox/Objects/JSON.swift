/// A JSON value. It is written in Stripe's format: indented by two spaces, with members in insertion order.
enum JSON: Sendable, Hashable {
    struct Member: Sendable, Hashable {
        let name: String
        let value: JSON
    }

    case null
    case bool(Bool)
    case int(Int64)
    case string(String)
    case array([JSON])
    case object([Member])

    private static func members(_ members: [Member]) -> JSON {
        assert(Set(members.map(\.name)).count == members.count, "duplicate member: \(members.map(\.name))")
        return .object(members)
    }

    /// Returns an object with members sorted by name.
    static func sorted(_ members: [String: JSON]) -> JSON {
        .object(members.sorted { $0.key < $1.key }.map { Member(name: $0.key, value: $0.value) })
    }

    /// Returns the object with more members. Other values are returned unchanged.
    func adding(_ more: JSON) -> JSON {
        guard case .object(let members) = self, case .object(let others) = more else { return self }
        return .members(members + others)
    }

    /// Returns the object with more members that are null.
    func addingNulls(_ names: [String]) -> JSON {
        adding(.object(names.map { Member(name: $0, value: .null) }))
    }

    static func optional(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
    static func optional(_ number: Int64?) -> JSON { number.map(JSON.int) ?? .null }

    /// Returns a list in Stripe's format.
    static func list(_ data: [JSON], url: String, hasMore: Bool = false) -> JSON {
        ["object": "list", "data": .array(data), "has_more": .bool(hasMore), "url": .string(url)]
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The text as UTF-8.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 << 10)
        write(into: &bytes, indent: 0)
        return bytes
    }

    private func write(into bytes: inout [UInt8], indent: Int) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += value ? "true".utf8 : "false".utf8
        case .int(let value): bytes += String(value).utf8
        case .string(let value): Self.write(value, into: &bytes)
        case .array(let values) where values.isEmpty: bytes += "[]".utf8
        case .array(let values):
            Self.writeList(values, "[", "]", into: &bytes, indent: indent) { value, bytes in
                value.write(into: &bytes, indent: indent + 2)
            }
        case .object(let members) where members.isEmpty: bytes += "{}".utf8
        case .object(let members):
            Self.writeList(members, "{", "}", into: &bytes, indent: indent) { member, bytes in
                Self.write(member.name, into: &bytes)
                bytes += ": ".utf8
                member.value.write(into: &bytes, indent: indent + 2)
            }
        }
    }

    private static func writeList<Element>(
        _ elements: [Element], _ open: Unicode.Scalar, _ close: Unicode.Scalar, into bytes: inout [UInt8], indent: Int,
        _ write: (Element, inout [UInt8]) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\n"))
            bytes += repeatElement(UInt8(ascii: " "), count: indent + 2)
            write(element, &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
        bytes += repeatElement(UInt8(ascii: " "), count: indent)
        bytes.append(UInt8(ascii: close))
    }

    private static func write(_ string: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        defer { bytes.append(UInt8(ascii: "\"")) }
        let isPlain = string.utf8.allSatisfy {
            $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        guard !isPlain else {
            bytes += string.utf8
            return
        }
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += "\\\"".utf8
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\r"): bytes += "\\r".utf8
            case UInt8(ascii: "\t"): bytes += "\\t".utf8
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            default: bytes.append(byte)
            }
        }
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(nilLiteral: ()) { self = .null }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int64) { self = .int(value) }
    init(stringLiteral value: String) { self = .string(value) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) {
        self = .members(elements.map { Member(name: $0.0, value: $0.1) })
    }
}
