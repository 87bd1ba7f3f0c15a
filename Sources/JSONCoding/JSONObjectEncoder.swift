/// Writes an object's members.
struct JSONObjectEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONWriter
    /// Number of arrays and objects around the members, including this object.
    let depth: Int

    var codingPath: [any CodingKey] { [] }

    private func begin(_ key: Key) { writer.output.beginMember(key.stringValue, at: depth) }

    func encodeNil(forKey key: Key) {
        begin(key)
        writer.output.append(word: "null")
    }

    func encode(_ value: Bool, forKey key: Key) {
        begin(key)
        writer.output.append(value)
    }

    func encode(_ value: String, forKey key: Key) {
        begin(key)
        writer.output.append(value)
    }

    func encode(_ value: Double, forKey key: Key) throws {
        begin(key)
        try writer.output.append(value)
    }

    func encode(_ value: Float, forKey key: Key) throws {
        begin(key)
        try writer.output.append(value)
    }

    func encode(_ value: Int, forKey key: Key) { number(Int64(value), key) }
    func encode(_ value: Int8, forKey key: Key) { number(Int64(value), key) }
    func encode(_ value: Int16, forKey key: Key) { number(Int64(value), key) }
    func encode(_ value: Int32, forKey key: Key) { number(Int64(value), key) }
    func encode(_ value: Int64, forKey key: Key) { number(Int64(value), key) }
    func encode(_ value: UInt, forKey key: Key) { number(UInt64(value), key) }
    func encode(_ value: UInt8, forKey key: Key) { number(UInt64(value), key) }
    func encode(_ value: UInt16, forKey key: Key) { number(UInt64(value), key) }
    func encode(_ value: UInt32, forKey key: Key) { number(UInt64(value), key) }
    func encode(_ value: UInt64, forKey key: Key) { number(UInt64(value), key) }

    private func number(_ value: Int64, _ key: Key) {
        begin(key)
        writer.output.append(value)
    }

    private func number(_ value: UInt64, _ key: Key) {
        begin(key)
        writer.output.append(value)
    }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        begin(key)
        try writer.write(value)
    }

    // Without these methods, each optional member would go through the protocol's generic methods.

    func encodeIfPresent(_ value: Bool?, forKey key: Key) { if let value { encode(value, forKey: key) } }
    func encodeIfPresent(_ value: String?, forKey key: Key) { if let value { encode(value, forKey: key) } }
    func encodeIfPresent(_ value: Int?, forKey key: Key) { if let value { encode(value, forKey: key) } }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) { if let value { encode(value, forKey: key) } }
    func encodeIfPresent(_ value: (some Encodable)?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        superEncoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        superEncoder(forKey: key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { encoder(forMember: "super") }

    func superEncoder(forKey key: Key) -> any Encoder { encoder(forMember: key.stringValue) }

    private func encoder(forMember name: String) -> JSONValueEncoder {
        writer.output.beginMember(name, at: depth)
        return JSONValueEncoder(writer: writer, depth: depth)
    }
}
