/// Reads a JSON object (RFC 8259) whose members are not nested, strictly.
///
/// Foundation's decoder takes `{"a":01}` and `{"a":}` as long as nobody asks for the member, keeps one of two members
/// of one name, and guesses UTF-16 (tried); a body that is refused for what it says must not depend on who looks.
struct JSONScanner {
    private let bytes: [UInt8]
    private var place = 0

    /// How deep a member that nobody wants may be nested before the body is refused.
    private static let depthLimit = 32

    /// What is wrong is not told apart: the body is no JSON object.
    struct Malformed: Error {}

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The members of an object. Two of one name are malformed: which one holds would be a guess.
    static func members(of bytes: [UInt8]) throws(Malformed) -> [String: JSONValue] {
        var scanner = JSONScanner(bytes)
        let members = try scanner.object()
        scanner.skipBlanks()
        guard scanner.place == bytes.count else { throw Malformed() }
        return members
    }

    private mutating func object() throws(Malformed) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        try expect("{")
        if take("}") { return members }
        repeat {
            skipBlanks()
            let name = try string()
            try expect(":")
            guard members.updateValue(try value(depth: 0), forKey: name) == nil else { throw Malformed() }
        } while take(",")
        try expect("}")
        return members
    }

    private mutating func value(depth: Int) throws(Malformed) -> JSONValue {
        skipBlanks()
        switch place < bytes.count ? bytes[place] : 0 {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            try skipNested(depth: depth + 1)
            return .nested
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        default: return try number()
        }
    }

    /// Reads over a list or an object.
    private mutating func skipNested(depth: Int) throws(Malformed) {
        guard depth <= Self.depthLimit else { throw Malformed() }
        let isObject = take("{")
        if !isObject { try expect("[") }
        let end: Unicode.Scalar = isObject ? "}" : "]"
        if take(end) { return }
        repeat {
            if isObject {
                skipBlanks()
                _ = try string()
                try expect(":")
            }
            _ = try value(depth: depth)
        } while take(",")
        try expect(end)
    }

    // MARK: Numbers

    private mutating func number() throws(Malformed) -> JSONValue {
        let start = place
        _ = takeByte("-")
        let first = place
        skipDigits()
        guard place > first, place == first + 1 || bytes[first] != UInt8(ascii: "0") else { throw Malformed() }
        var isWhole = true
        if takeByte(".") {
            isWhole = false
            try digits()
        }
        if takeByte("e") || takeByte("E") {
            isWhole = false
            if !takeByte("+") { _ = takeByte("-") }
            try digits()
        }
        guard isWhole, let value = Int64(String(decoding: bytes[start..<place], as: UTF8.self)) else { return .number }
        return .integer(value)
    }

    private mutating func digits() throws(Malformed) {
        let start = place
        skipDigits()
        guard place > start else { throw Malformed() }
    }

    private mutating func skipDigits() {
        while place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) { place += 1 }
    }

    // MARK: Strings

    private mutating func string() throws(Malformed) -> String {
        guard takeByte("\"") else { throw Malformed() }
        // Up to the first escape it stands there as it is meant.
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] != UInt8(ascii: "\\"),
            bytes[place] >= 0x20
        { place += 1 }
        var text = Array(bytes[start..<place])
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw Malformed() }
                return string
            case UInt8(ascii: "\\"): text += try escaped()
            case ..<0x20: throw Malformed()
            default: text.append(byte)
            }
        }
        throw Malformed()
    }

    private mutating func escaped() throws(Malformed) -> [UInt8] {
        guard place < bytes.count else { throw Malformed() }
        let byte = bytes[place]
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"): return Array(String(Character(try escapedScalar())).utf8)
        default: throw Malformed()
        }
    }

    /// A half of a surrogate pair without the other is no text.
    private mutating func escapedScalar() throws(Malformed) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800...0xDBFF).contains(first), takeByte("\\"), takeByte("u") else { throw Malformed() }
        let second = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw Malformed() }
        return scalar
    }

    private mutating func hexadecimal() throws(Malformed) -> UInt32 {
        guard place + 4 <= bytes.count else { throw Malformed() }
        var value: UInt32 = 0
        for byte in bytes[place..<place + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { throw Malformed() }
            value = value << 4 | UInt32(digit)
        }
        place += 4
        return value
    }

    // MARK: Bytes

    private mutating func skipBlanks() {
        while place < bytes.count, Self.isBlank(bytes[place]) { place += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D: true
        default: false
        }
    }

    private mutating func literal(_ text: String) throws(Malformed) {
        guard bytes[place...].starts(with: text.utf8) else { throw Malformed() }
        place += text.utf8.count
    }

    private mutating func takeByte(_ scalar: Unicode.Scalar) -> Bool {
        guard place < bytes.count, bytes[place] == UInt8(ascii: scalar) else { return false }
        place += 1
        return true
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        skipBlanks()
        return takeByte(scalar)
    }

    private mutating func expect(_ scalar: Unicode.Scalar) throws(Malformed) {
        guard take(scalar) else { throw Malformed() }
    }
}
