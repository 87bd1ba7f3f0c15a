/// Merges JSON objects (RFC 8259) into one text.
public enum JSONMerge {
    /// Merges objects member by member. Members are in the order of their first appearance.
    ///
    /// If members have the same name, objects are merged, too, and arrays are joined. Values keep their bytes.
    ///
    /// - Parameter texts: At least one text. Each is an object in UTF-8.
    /// - Throws: ``JSONSyntaxError`` if a text is not JSON, or if members with the same name are neither all objects
    ///   nor all arrays.
    public static func merge(_ texts: [[UInt8]]) throws(JSONSyntaxError) -> [UInt8] {
        var values: [Value] = []
        for text in texts {
            values.append(Value(document: try JSONDocument(text, maximumDepth: JSONBytes.maximumDepth), node: 0))
        }
        var output: [UInt8] = []
        try append(values, to: &output)
        return output
    }

    private struct Value {
        let document: JSONDocument
        let node: Int

        var kind: JSONNode.Kind { document.nodes[node].kind }

        /// The bytes, with the quotation marks of a string.
        var bytes: ArraySlice<UInt8> {
            let (start, end) = (Int(document.nodes[node].start), Int(document.nodes[node].end))
            switch kind {
            case .string, .escapedString: return document.text[start - 1..<end + 1]
            case .null, .true, .false, .number, .array, .object: return document.text[start..<end]
            }
        }

        /// The elements of an array.
        var elements: [Value] {
            var elements: [Value] = []
            var child = node + 1
            while child < document.nodes[node].next {
                elements.append(Value(document: document, node: child))
                child = Int(document.nodes[child].next)
            }
            return elements
        }

        /// The members of an object.
        var members: [(name: Value, value: Value)] {
            var members: [(name: Value, value: Value)] = []
            var name = node + 1
            while name < document.nodes[node].next {
                members.append((Value(document: document, node: name), Value(document: document, node: name + 1)))
                name = Int(document.nodes[name + 1].next)
            }
            return members
        }
    }

    private static func append(_ values: [Value], to output: inout [UInt8]) throws(JSONSyntaxError) {
        if values.count == 1 { return output += values[0].bytes }
        if values.allSatisfy({ $0.kind == .array }) {
            output += Array("[".utf8) + values.flatMap(\.elements).map(\.bytes).joined(separator: Array(", ".utf8))
            return output += Array("]".utf8)
        }
        guard values.allSatisfy({ $0.kind == .object }) else {
            let start = values.last.map { Int($0.document.nodes[$0.node].start) } ?? 0
            throw JSONSyntaxError(offset: start, reason: "another text has a value with this name")
        }
        var names: [ArraySlice<UInt8>] = []
        var valuesByName: [ArraySlice<UInt8>: [Value]] = [:]
        for (name, value) in values.flatMap(\.members) {
            if valuesByName[name.bytes] == nil { names.append(name.bytes) }
            valuesByName[name.bytes, default: []].append(value)
        }
        output += Array("{".utf8)
        for (index, name) in names.enumerated() {
            if index > 0 { output += Array(",\n".utf8) }
            output += name + Array(": ".utf8)
            try append(valuesByName[name] ?? [], to: &output)
        }
        output += Array("}".utf8)
    }
}
