/// Encodes Codable values to JSON (RFC 8259), and decodes them.
///
/// Foundation's coders build a tree of dictionaries between the value and the text, and took a quarter of a worker's
/// time under load. This coder writes the bytes directly, in the order in which a type encodes its members, and reads
/// them with an index of the position of each value. Both coders accept and write the same JSON, with two exceptions:
/// Foundation does not define the order of members, and this coder has no special format for dates and data.
public enum JSONBytes {
    /// Maximum number of nested arrays and objects.
    public static let maximumDepth = 64

    /// - Throws: `EncodingError` for a number that JSON cannot represent.
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let writer = JSONWriter()
        if let value = value as? any DirectlyEncodable {
            try writer.write(directly: value)
        } else {
            try writer.write(value)
        }
        return writer.output.finish()
    }

    /// - Throws: `DecodingError` with the path of the wrong value.
    public static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: [UInt8]) throws -> Value {
        try document(of: bytes).value(at: 0, as: type)
    }

    private static func document(of bytes: [UInt8]) throws -> JSONDocument {
        do {
            return try JSONDocument(bytes, maximumDepth: maximumDepth)
        } catch {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: [], debugDescription: error.description))
        }
    }
}
