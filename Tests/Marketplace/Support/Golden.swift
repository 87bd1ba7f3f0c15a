import Marketplace
import Testing

/// Compares a value's JSON with the format that streams, inboxes and clients already use.
///
/// A renamed or retyped member would break a rolling deploy. A new member must be optional.
func expectGolden<Value: Codable & Equatable>(
    _ value: Value, _ golden: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(try Wire.text(value) == golden, sourceLocation: sourceLocation)
    #expect(try Wire.value(golden) == value, sourceLocation: sourceLocation)
}

/// Compares the JSON of a payload that is not `Equatable` with the golden text. Also checks that decoding and encoding
/// that text gives the same text.
func expectGolden<Value: CommandPayload>(
    _ value: Value, type: String, _ golden: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(Value.type == type, sourceLocation: sourceLocation)
    #expect(try Wire.text(value) == golden, sourceLocation: sourceLocation)
    #expect(try Wire.text(try Wire.value(golden, as: Value.self)) == golden, sourceLocation: sourceLocation)
}
