/// Finds the position of each value of a text, and checks that the text is JSON (RFC 8259) in UTF-8: one value, with
/// only white space around it.
struct JSONScanner {
    private let text: [UInt8]
    private let maximumDepth: Int
    private var index = 0
    private var depth = 0
    private var nodes: [JSONNode] = []

    private init(_ text: [UInt8], maximumDepth: Int) {
        self.text = text
        self.maximumDepth = maximumDepth
        nodes.reserveCapacity(32)
    }

    /// Returns the nodes in the order of the text. The first node is the whole value.
    static func nodes(of text: [UInt8], maximumDepth: Int) throws(JSONSyntaxError) -> [JSONNode] {
        guard text.count < Int(UInt32.max) else { throw JSONSyntaxError(offset: 0, reason: "the text is too long") }
        guard (try? UTF8Span(validating: text.span)) != nil else {
            throw JSONSyntaxError(offset: 0, reason: "the text is not UTF-8")
        }
        var scanner = JSONScanner(text, maximumDepth: maximumDepth)
        scanner.skipWhitespace()
        try scanner.value()
        scanner.skipWhitespace()
        guard scanner.index == text.count else { throw scanner.malformed("there is more text after the value") }
        return scanner.nodes
    }

    private func malformed(_ reason: String) -> JSONSyntaxError { JSONSyntaxError(offset: index, reason: reason) }

    /// The next byte, or 0 at the end. Valid JSON contains no zero byte.
    private var byte: UInt8 { index < text.count ? text[index] : 0 }

    private mutating func skipWhitespace() {
        while index < text.count {
            switch text[index] {
            case 0x20, 0x0a, 0x0d, 0x09: index += 1
            default: return
            }
        }
    }

    // MARK: Values

    private mutating func value() throws(JSONSyntaxError) {
        switch byte {
        case UInt8(ascii: "{"): try object()
        case UInt8(ascii: "["): try array()
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        case UInt8(ascii: "t"): try word("true", .true)
        case UInt8(ascii: "f"): try word("false", .false)
        case UInt8(ascii: "n"): try word("null", .null)
        default: throw malformed("a value is missing")
        }
    }

    private mutating func add(_ kind: JSONNode.Kind, from start: Int, to end: Int) {
        nodes.append(
            JSONNode(
                kind: kind, start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end),
                next: UInt32(truncatingIfNeeded: nodes.count + 1), count: 0))
    }

    private mutating func word(_ word: StaticString, _ kind: JSONNode.Kind) throws(JSONSyntaxError) {
        let start = index
        let end = start + word.utf8CodeUnitCount
        guard end <= text.count, word.withUTF8Buffer({ unsafe text[start..<end].elementsEqual($0) }) else {
            throw malformed("an unknown word")
        }
        add(kind, from: start, to: end)
        index = end
    }

    // MARK: Arrays and objects

    private mutating func array() throws(JSONSyntaxError) {
        let node = try open(.array)
        if byte == UInt8(ascii: "]") { return close(node, count: 0) }
        var count: UInt32 = 0
        while true {
            try value()
            count += 1
            skipWhitespace()
            if byte == UInt8(ascii: "]") { return close(node, count: count) }
            try comma()
        }
    }

    private mutating func object() throws(JSONSyntaxError) {
        let node = try open(.object)
        if byte == UInt8(ascii: "}") { return close(node, count: 0) }
        var count: UInt32 = 0
        while true {
            guard byte == UInt8(ascii: "\"") else { throw malformed("a member's name is missing") }
            try string()
            skipWhitespace()
            guard byte == UInt8(ascii: ":") else { throw malformed("a colon is missing") }
            index += 1
            skipWhitespace()
            try value()
            count += 1
            skipWhitespace()
            if byte == UInt8(ascii: "}") { return close(node, count: count) }
            try comma()
        }
    }

    private mutating func open(_ kind: JSONNode.Kind) throws(JSONSyntaxError) -> Int {
        depth += 1
        guard depth <= maximumDepth else { throw malformed("too many nested arrays and objects") }
        add(kind, from: index, to: index)
        index += 1
        skipWhitespace()
        return nodes.count - 1
    }

    private mutating func close(_ node: Int, count: UInt32) {
        depth -= 1
        index += 1
        nodes[node].end = UInt32(truncatingIfNeeded: index)
        nodes[node].next = UInt32(truncatingIfNeeded: nodes.count)
        nodes[node].count = count
    }

    private mutating func comma() throws(JSONSyntaxError) {
        guard byte == UInt8(ascii: ",") else { throw malformed("a comma is missing") }
        index += 1
        skipWhitespace()
    }

    // MARK: Strings and numbers

    private mutating func string() throws(JSONSyntaxError) {
        index += 1
        let start = index
        var kind = JSONNode.Kind.string
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\""):
                add(kind, from: start, to: index)
                index += 1
                return
            case UInt8(ascii: "\\"):
                kind = .escapedString
                try escape()
            case ..<0x20: throw malformed("a control character in a string")
            default: index += 1
            }
        }
        throw malformed("a string does not end")
    }

    private mutating func escape() throws(JSONSyntaxError) {
        index += 1
        let kind = byte
        guard "\"\\/bfnrtu".utf8.contains(kind) else { throw malformed("an unknown escape") }
        index += 1
        guard kind == UInt8(ascii: "u") else { return }
        var rest = text[index...]
        guard JSONEscapes.scalar(&rest) != nil else { throw malformed("an escape is not a character") }
        index = rest.startIndex
    }

    private mutating func number() throws(JSONSyntaxError) {
        let start = index
        if byte == UInt8(ascii: "-") { index += 1 }
        if byte == UInt8(ascii: "0") { index += 1 } else { try digits() }
        if byte == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if byte | 0x20 == UInt8(ascii: "e") {
            index += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { index += 1 }
            try digits()
        }
        add(.number, from: start, to: index)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { throw malformed("a digit is missing") }
        while UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { index += 1 }
    }
}
