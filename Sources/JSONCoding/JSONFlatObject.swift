/// The members of a JSON object (RFC 8259), read strictly. Contents of nested objects and arrays are left out, except
/// those of arrays that have only strings or only objects.
///
/// Foundation's decoder was tried: it accepts `{"a":01}` and `{"a":}` as long as the member is not decoded, keeps one
/// of two members with the same name, and guesses UTF-16. Whether this reader accepts a text does not depend on the
/// members that are used.
public struct JSONFlatObject: Hashable, Sendable {
    /// The value of a member.
    public enum Value: Hashable, Sendable {
        case null
        case bool(Bool)
        case integer(Int64)
        /// A number that is not an `Int64`: it has a fraction other than zero or an exponent, or is too large.
        case number
        case string(String)
        /// An array of strings only.
        case strings([String])
        /// A non-empty array of objects only.
        case objects([JSONFlatObject])
        /// Any other array, or an object. Its contents are checked and dropped.
        case nested
    }

    public let members: [String: Value]

    /// - Parameters:
    ///   - text: UTF-8, without a byte order mark.
    ///   - maximumDepth: Maximum number of nested arrays and objects, including the object itself.
    /// - Throws: An error if the text is not an object, if two members have the same name, or if a name or a string is
    ///   not a ``StreamSafeText``.
    public init(_ text: [UInt8], maximumDepth: Int = JSONBytes.maximumDepth) throws(JSONSyntaxError) {
        let document = try JSONDocument(text, maximumDepth: maximumDepth)
        guard document.nodes[0].kind == .object else {
            throw JSONSyntaxError(offset: 0, reason: "the value is not an object")
        }
        try self.init(0, in: document)
    }

    private init(_ object: Int, in document: JSONDocument) throws(JSONSyntaxError) {
        var members: [String: Value] = [:]
        var name = object + 1
        while name < document.nodes[object].next {
            guard let text = try Self.string(name, in: document),
                members.updateValue(try Self.value(of: name + 1, in: document), forKey: text) == nil
            else {
                throw JSONSyntaxError(offset: Int(document.nodes[name].start), reason: "two members have the same name")
            }
            name = Int(document.nodes[name + 1].next)
        }
        self.members = members
    }

    private static func value(of node: Int, in document: JSONDocument) throws(JSONSyntaxError) -> Value {
        switch document.nodes[node].kind {
        case .null: .null
        case .true: .bool(true)
        case .false: .bool(false)
        case .number: integer(node, in: document).map(Value.integer) ?? .number
        case .string, .escapedString: try string(node, in: document).map(Value.string) ?? .null
        case .array:
            if let strings = try strings(node, in: document) {
                .strings(strings)
            } else {
                try objects(node, in: document).map(Value.objects) ?? .nested
            }
        case .object: .nested
        }
    }

    /// The string, or `nil` for another kind of value. It is checked before it is compared with anything.
    private static func string(_ node: Int, in document: JSONDocument) throws(JSONSyntaxError) -> String? {
        guard let text = document.stringIfOne(node) else { return nil }
        guard StreamSafeText.isSafe(text) else {
            throw JSONSyntaxError(
                offset: Int(document.nodes[node].start),
                reason: "a text has \(StreamSafeText.excess)")
        }
        return text
    }

    private static func strings(_ array: Int, in document: JSONDocument) throws(JSONSyntaxError) -> [String]? {
        try elements(of: array, in: document) { node throws(JSONSyntaxError) in try string(node, in: document) }
    }

    private static func objects(_ array: Int, in document: JSONDocument) throws(JSONSyntaxError) -> [JSONFlatObject]? {
        try elements(of: array, in: document) { node throws(JSONSyntaxError) in
            document.nodes[node].kind == .object ? try JSONFlatObject(node, in: document) : nil
        }
    }

    /// The elements of an array, or `nil` if one of them is of a different kind.
    private static func elements<Element, Failure: Error>(
        of array: Int, in document: JSONDocument, _ read: (Int) throws(Failure) -> Element?
    ) throws(Failure) -> [Element]? {
        var elements: [Element] = []
        var node = array + 1
        while node < document.nodes[array].next {
            guard let element = try read(node) else { return nil }
            elements.append(element)
            node = Int(document.nodes[node].next)
        }
        return elements
    }

    /// `67.0` is an integer, too (JSON Schema 2020-12, section 6.1.1): some languages write whole numbers in this way.
    private static func integer(_ node: Int, in document: JSONDocument) -> Int64? {
        if let plain = document.plainInteger(node, Int64.self) { return plain }
        let text = document.text[Int(document.nodes[node].start)..<Int(document.nodes[node].end)]
        guard let point = text.firstIndex(of: UInt8(ascii: ".")),
            text[(point + 1)...].allSatisfy({ $0 == UInt8(ascii: "0") })
        else { return nil }
        return Int64(String(decoding: text[..<point], as: UTF8.self))
    }
}
