/// Where one value goes. A value that asks for its container twice, as one whose fields are spread over two types does,
/// writes on in the same.
struct JSONValueEncoder: Encoder {
    let writer: JSONWriter
    /// How many arrays and objects the value stands in.
    let depth: Int

    /// Nothing that is written names its place.
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
        if writer.text.depth == depth { writer.text.open(start, end) }
    }
}

extension JSONValueEncoder: SingleValueEncodingContainer {
    func encodeNil() { writer.text.append(word: "null") }
    func encode(_ value: Bool) { writer.text.append(value) }
    func encode(_ value: String) { writer.text.append(value) }
    func encode(_ value: Double) throws { try writer.text.append(value) }
    func encode(_ value: Float) throws { try writer.text.append(value) }
    func encode(_ value: Int) { writer.text.append(Int64(value)) }
    func encode(_ value: Int8) { writer.text.append(Int64(value)) }
    func encode(_ value: Int16) { writer.text.append(Int64(value)) }
    func encode(_ value: Int32) { writer.text.append(Int64(value)) }
    func encode(_ value: Int64) { writer.text.append(Int64(value)) }
    func encode(_ value: UInt) { writer.text.append(UInt64(value)) }
    func encode(_ value: UInt8) { writer.text.append(UInt64(value)) }
    func encode(_ value: UInt16) { writer.text.append(UInt64(value)) }
    func encode(_ value: UInt32) { writer.text.append(UInt64(value)) }
    func encode(_ value: UInt64) { writer.text.append(UInt64(value)) }
    func encode(_ value: some Encodable) throws { try writer.write(value) }
}
