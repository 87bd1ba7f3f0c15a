/// JSON (RFC 8259) to and from bytes, for what Codable describes.
///
/// Foundation's coders build a tree of dictionaries between the value and the text, and took a quarter of a worker's time
/// under load. This one writes straight into the bytes, in the order in which a type encodes its fields, and reads by an
/// index of where each value stands. What both take and give is the same, but for the order of fields, which Foundation
/// leaves open, and for dates and data, for which this one has no form of its own.
public enum JSONBytes {
    /// How deep arrays and objects may be nested.
    public static let maximumDepth = 64

    /// - Throws: `EncodingError` for a number that JSON can't hold.
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let writer = JSONWriter()
        try writer.write(value)
        return writer.text.finish()
    }

    /// - Throws: `DecodingError` with the path of what was wrong.
    public static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: [UInt8]) throws -> Value {
        let document = try JSONDocument(bytes)
        return try document.value(at: 0, as: type)
    }
}
