struct JSONArrayEncoder: UnkeyedEncodingContainer {
    let writer: JSONWriter
    /// How many arrays and objects its elements stand in, this one included.
    let depth: Int
    private(set) var count = 0

    init(writer: JSONWriter, depth: Int) {
        self.writer = writer
        self.depth = depth
    }

    var codingPath: [any CodingKey] { [] }

    private mutating func element() {
        writer.text.beginElement(at: depth)
        count += 1
    }

    mutating func encodeNil() {
        element()
        writer.text.append(word: "null")
    }

    mutating func encode(_ value: Bool) {
        element()
        writer.text.append(value)
    }

    mutating func encode(_ value: String) {
        element()
        writer.text.append(value)
    }

    mutating func encode(_ value: Double) throws {
        element()
        try writer.text.append(value)
    }

    mutating func encode(_ value: Float) throws {
        element()
        try writer.text.append(value)
    }

    mutating func encode(_ value: Int) { number(value) }
    mutating func encode(_ value: Int8) { number(value) }
    mutating func encode(_ value: Int16) { number(value) }
    mutating func encode(_ value: Int32) { number(value) }
    mutating func encode(_ value: Int64) { number(value) }
    mutating func encode(_ value: UInt) { number(value) }
    mutating func encode(_ value: UInt8) { number(value) }
    mutating func encode(_ value: UInt16) { number(value) }
    mutating func encode(_ value: UInt32) { number(value) }
    mutating func encode(_ value: UInt64) { number(value) }

    private mutating func number(_ value: some FixedWidthInteger) {
        element()
        writer.text.append(value)
    }

    mutating func encode(_ value: some Encodable) throws {
        element()
        try writer.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        superEncoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { superEncoder().unkeyedContainer() }

    mutating func superEncoder() -> any Encoder {
        element()
        return JSONValueEncoder(writer: writer, depth: depth)
    }
}
