/// JSON text under construction, and the arrays and objects that are open in it.
struct JSONOutput {
    private struct Frame {
        let end: UInt8
        var isEmpty = true
    }

    private var bytes: [UInt8] = []
    private var frames: [Frame] = []

    init() {
        bytes.reserveCapacity(512)
        frames.reserveCapacity(4)
    }

    /// Number of open arrays and objects.
    var depth: Int { frames.count }
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
        frames.append(Frame(end: end))
    }

    /// Closes the containers beyond a depth: writing to an outer container ends its inner containers.
    mutating func close(to depth: Int) {
        while frames.count > depth { bytes.append(frames.removeLast().end) }
    }

    /// Writes the comma before an element that is not the first.
    mutating func beginElement(at depth: Int) {
        close(to: depth)
        if frames[depth - 1].isEmpty { frames[depth - 1].isEmpty = false } else { bytes.append(UInt8(ascii: ",")) }
    }

    mutating func beginMember(_ name: String, at depth: Int) {
        beginElement(at: depth)
        append(name)
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
            guard unsafe !utf8.contains(where: Self.mustEscape) else {
                return unsafe utf8.forEach { append(escaped: $0) }
            }
            unsafe bytes.append(contentsOf: utf8)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

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
