/// JSON text under construction, and the arrays and objects that are open in it.
struct JSONOutput {
    private var bytes: [UInt8] = []
    /// The last byte of each open array or object.
    private var ends: [UInt8] = []

    init() {
        bytes.reserveCapacity(512)
        ends.reserveCapacity(8)
    }

    /// Number of open arrays and objects.
    var depth: Int { ends.count }
    var length: Int { bytes.count }

    /// Returns the whole text, and empties the output.
    mutating func finish() -> [UInt8] {
        close(to: 0)
        defer { bytes = [] }
        return bytes
    }

    // MARK: Arrays and objects

    mutating func open(_ start: UInt8, _ end: UInt8) {
        bytes.append(start)
        ends.append(end)
    }

    /// Closes the containers beyond a depth: writing to an outer container ends its inner containers.
    mutating func close(to depth: Int) {
        while ends.count > depth { bytes.append(ends.removeLast()) }
    }

    /// Writes a comma, unless the element is the first one: then the last byte is the one that opened the container.
    mutating func beginElement(at depth: Int) {
        close(to: depth)
        if let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") {
            bytes.append(UInt8(ascii: ","))
        }
    }

    mutating func beginMember(_ name: String, at depth: Int) {
        beginElement(at: depth)
        append(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// - Parameter name: A name without characters that must be escaped.
    mutating func beginMember(_ name: StaticString, at depth: Int) {
        beginElement(at: depth)
        bytes.append(UInt8(ascii: "\""))
        append(word: name)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    // MARK: Values

    mutating func append(word: StaticString) {
        word.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    mutating func append(_ value: Bool) { append(word: value ? "true" : "false") }

    mutating func append(_ value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        append(digits: value.magnitude)
    }

    mutating func append(_ value: UInt64) { append(digits: value) }

    private mutating func append(digits value: UInt64) {
        if value < 10 { return bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value)) }
        var rest = value
        let start = bytes.count
        while rest > 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
            rest = quotient
        }
        bytes[start...].reverse()
    }

    mutating func append(_ value: some BinaryFloatingPoint & LosslessStringConvertible & Encodable) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, EncodingError.Context(codingPath: [], debugDescription: "JSON cannot represent \(value)"))
        }
        let text = value.description
        bytes.append(contentsOf: text.hasSuffix(".0") ? text.utf8.dropLast(2) : text.utf8[...])
    }

    mutating func append(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { utf8 in
            guard unsafe !Self.mustEscape(utf8) else {
                return unsafe utf8.forEach { append(escaped: $0) }
            }
            unsafe bytes.append(contentsOf: utf8)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// True if a byte must be escaped. Looks at eight bytes at a time.
    private static func mustEscape(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let raw = UnsafeRawBufferPointer(text)
        var index = 0
        while index + 8 <= raw.count {
            let word = unsafe raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let (quote, backslash) = (word ^ eight(UInt8(ascii: "\"")), word ^ eight(UInt8(ascii: "\\")))
            // `found` has a high bit set if some byte is below 0x20, or is a quotation mark or a backslash.
            let found =
                (word &- eight(0x20)) & ~word | (quote &- eight(1)) & ~quote | (backslash &- eight(1)) & ~backslash
            if found & eight(0x80) != 0 { return true }
            index += 8
        }
        return unsafe raw[index...].contains(where: mustEscape)
    }

    /// Eight times this byte.
    private static func eight(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append(word: "\\\"")
        case UInt8(ascii: "\\"): append(word: "\\\\")
        case 0x08: append(word: "\\b")
        case 0x09: append(word: "\\t")
        case 0x0a: append(word: "\\n")
        case 0x0c: append(word: "\\f")
        case 0x0d: append(word: "\\r")
        case ..<0x20:
            append(word: "\\u00")
            bytes.append(UInt8(ascii: "0") + byte >> 4)
            let low = byte & 0xf
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        default: bytes.append(byte)
        }
    }
}
