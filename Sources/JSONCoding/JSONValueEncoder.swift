/// Encodes one value. If a value asks for a container twice, it gets the same container: a type may let two other types
/// encode its members.
struct JSONValueEncoder: Encoder {
    let writer: JSONWriter
    /// Number of arrays and objects around the value.
    let depth: Int

    /// It is always empty, because encoding errors have no path.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        open(UInt8(ascii: "{"), UInt8(ascii: "}"))
        return KeyedEncodingContainer(JSONObjectEncoder(writer: writer, depth: depth + 1))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        open(UInt8(ascii: "["), UInt8(ascii: "]"))
        return JSONArrayEncoder(writer: writer, depth: depth + 1)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    private func open(_ start: UInt8, _ end: UInt8) {
        if writer.output.depth == depth { writer.output.open(start, end) }
    }
}

extension JSONValueEncoder: SingleValueEncodingContainer {
    func encodeNil() { writer.output.append(word: "null") }
    func encode(_ value: Bool) { writer.output.append(value) }
    func encode(_ value: String) { writer.output.append(value) }
    func encode(_ value: Double) throws { try writer.output.append(value) }
    func encode(_ value: Float) throws { try writer.output.append(value) }
    func encode(_ value: Int) { writer.output.append(Int64(value)) }
    func encode(_ value: Int8) { writer.output.append(Int64(value)) }
    func encode(_ value: Int16) { writer.output.append(Int64(value)) }
    func encode(_ value: Int32) { writer.output.append(Int64(value)) }
    func encode(_ value: Int64) { writer.output.append(Int64(value)) }
    func encode(_ value: UInt) { writer.output.append(UInt64(value)) }
    func encode(_ value: UInt8) { writer.output.append(UInt64(value)) }
    func encode(_ value: UInt16) { writer.output.append(UInt64(value)) }
    func encode(_ value: UInt32) { writer.output.append(UInt64(value)) }
    func encode(_ value: UInt64) { writer.output.append(UInt64(value)) }
    func encode(_ value: some Encodable) throws { try writer.write(value) }
}
