/// Finds where each value of a text stands, and checks that the text is JSON (RFC 8259) in UTF-8: one value, and nothing
/// but blanks around it.
struct JSONScanner {
    struct Malformed: Error {
        let offset: Int
        let reason: String
    }

    private let text: [UInt8]
    private var index = 0
    private var depth = 0
    private var nodes: [JSONNode] = []

    private init(_ text: [UInt8]) {
        self.text = text
        nodes.reserveCapacity(32)
    }

    static func nodes(of text: [UInt8]) throws(Malformed) -> [JSONNode] {
        guard text.count < Int(UInt32.max) else { throw Malformed(offset: 0, reason: "the text is too long") }
        guard (try? UTF8Span(validating: text.span)) != nil else {
            throw Malformed(offset: 0, reason: "it is not UTF-8")
        }
        var scanner = JSONScanner(text)
        scanner.skipBlanks()
        try scanner.value()
        scanner.skipBlanks()
        guard scanner.index == text.count else { throw scanner.malformed("something follows the value") }
        return scanner.nodes
    }

    private func malformed(_ reason: String) -> Malformed { Malformed(offset: index, reason: reason) }

    /// The byte that comes next; 0, which JSON has nowhere, at the end.
    private var byte: UInt8 { index < text.count ? text[index] : 0 }

    private mutating func skipBlanks() {
        while index < text.count {
            switch text[index] {
            case 0x20, 0x0a, 0x0d, 0x09: index += 1
            default: return
            }
        }
    }

    // MARK: Values

    private mutating func value() throws(Malformed) {
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

    private mutating func word(_ word: StaticString, _ kind: JSONNode.Kind) throws(Malformed) {
        let start = index
        let end = start + word.utf8CodeUnitCount
        guard end <= text.count, word.withUTF8Buffer({ unsafe text[start..<end].elementsEqual($0) }) else {
            throw malformed("no such word")
        }
        add(kind, from: start, to: end)
        index = end
    }

    // MARK: Arrays and objects

    private mutating func array() throws(Malformed) {
        let node = try open(.array)
        if byte == UInt8(ascii: "]") { return close(node, count: 0) }
        var count: UInt32 = 0
        while true {
            try value()
            count += 1
            skipBlanks()
            if byte == UInt8(ascii: "]") { return close(node, count: count) }
            try comma()
        }
    }

    private mutating func object() throws(Malformed) {
        let node = try open(.object)
        if byte == UInt8(ascii: "}") { return close(node, count: 0) }
        var count: UInt32 = 0
        while true {
            guard byte == UInt8(ascii: "\"") else { throw malformed("a field's name is missing") }
            try string()
            skipBlanks()
            guard byte == UInt8(ascii: ":") else { throw malformed("a colon is missing") }
            index += 1
            skipBlanks()
            try value()
            count += 1
            skipBlanks()
            if byte == UInt8(ascii: "}") { return close(node, count: count) }
            try comma()
        }
    }

    private mutating func open(_ kind: JSONNode.Kind) throws(Malformed) -> Int {
        depth += 1
        guard depth <= JSONBytes.maximumDepth else { throw malformed("it is nested too deep") }
        add(kind, from: index, to: index)
        index += 1
        skipBlanks()
        return nodes.count - 1
    }

    private mutating func close(_ node: Int, count: UInt32) {
        depth -= 1
        index += 1
        nodes[node].end = UInt32(truncatingIfNeeded: index)
        nodes[node].next = UInt32(truncatingIfNeeded: nodes.count)
        nodes[node].count = count
    }

    private mutating func comma() throws(Malformed) {
        guard byte == UInt8(ascii: ",") else { throw malformed("a comma is missing") }
        index += 1
        skipBlanks()
    }

    // MARK: Strings and numbers

    private mutating func string() throws(Malformed) {
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

    private mutating func escape() throws(Malformed) {
        index += 1
        let kind = byte
        guard "\"\\/bfnrtu".utf8.contains(kind) else { throw malformed("no such escape") }
        index += 1
        guard kind == UInt8(ascii: "u") else { return }
        var rest = text[index...]
        guard JSONEscapes.scalar(&rest) != nil else { throw malformed("an escape is no character") }
        index = rest.startIndex
    }

    private mutating func number() throws(Malformed) {
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

    private mutating func digits() throws(Malformed) {
        guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { throw malformed("a digit is missing") }
        while UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { index += 1 }
    }
}
