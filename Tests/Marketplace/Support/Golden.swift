import Marketplace
import Testing

/// Holds a value against what is already written in streams, inboxes and clients: a renamed or retyped field would break
/// a rolling deploy. A new field may only be optional.
func expectGolden<Value: Codable & Equatable>(
    _ value: Value, _ golden: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(try Wire.text(value) == golden, sourceLocation: sourceLocation)
    #expect(try Wire.value(golden) == value, sourceLocation: sourceLocation)
}

/// The same, of a payload that can't be compared: read and written, it is the same text again.
func expectGolden<Value: CommandPayload>(
    _ value: Value, type: String, _ golden: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(Value.type == type, sourceLocation: sourceLocation)
    #expect(try Wire.text(value) == golden, sourceLocation: sourceLocation)
    #expect(try Wire.text(try Wire.value(golden, as: Value.self)) == golden, sourceLocation: sourceLocation)
}
