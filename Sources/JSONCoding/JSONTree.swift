/// A value of a JSON text (RFC 8259), for texts whose form is not known in advance. It keeps only the text and the
/// positions of its values in memory.
public struct JSONTree {
    private let document: JSONDocument
    private let node: Int

    /// - Parameter text: UTF-8, without a byte order mark.
    public init(_ text: [UInt8], maximumDepth: Int = JSONBytes.maximumDepth) throws(JSONSyntaxError) {
        document = try JSONDocument(text, maximumDepth: maximumDepth)
        node = 0
    }

    private init(_ document: JSONDocument, _ node: Int) {
        self.document = document
        self.node = node
    }

    /// The number of bytes before the value. A string starts after its quotation mark.
    public var offset: Int { Int(document.nodes[node].start) }

    /// The text of a string, or `nil` for another kind of value.
    public var string: String? { document.stringIfOne(node) }

    public var isObject: Bool { document.nodes[node].kind == .object }

    /// The values of an array, or `nil` for another kind of value.
    public var elements: [JSONTree]? {
        guard document.nodes[node].kind == .array else { return nil }
        var elements: [JSONTree] = []
        elements.reserveCapacity(Int(document.nodes[node].count))
        var element = node + 1
        while element < document.nodes[node].next {
            elements.append(JSONTree(document, element))
            element = Int(document.nodes[element].next)
        }
        return elements
    }

    /// The value of an object's first member with the name, or `nil` if there is none.
    public subscript(name: String) -> JSONTree? {
        guard isObject else { return nil }
        return document.member(name, of: node).map { JSONTree(document, $0) }
    }
}
