/// Writes an array's elements.
struct JSONArrayEncoder: UnkeyedEncodingContainer {
    let writer: JSONWriter
    /// Number of arrays and objects around the elements, including this array.
    let depth: Int
    private(set) var count = 0

    init(writer: JSONWriter, depth: Int) {
        self.writer = writer
        self.depth = depth
    }

    var codingPath: [any CodingKey] { [] }

    private mutating func begin() {
        writer.output.beginElement(at: depth)
        count += 1
    }

    mutating func encodeNil() {
        begin()
        writer.output.append(word: "null")
    }

    mutating func encode(_ value: Bool) {
        begin()
        writer.output.append(value)
    }

    mutating func encode(_ value: String) {
        begin()
        writer.output.append(value)
    }

    mutating func encode(_ value: Double) throws {
        begin()
        try writer.output.append(value)
    }

    mutating func encode(_ value: Float) throws {
        begin()
        try writer.output.append(value)
    }

    mutating func encode(_ value: Int) { number(Int64(value)) }
    mutating func encode(_ value: Int8) { number(Int64(value)) }
    mutating func encode(_ value: Int16) { number(Int64(value)) }
    mutating func encode(_ value: Int32) { number(Int64(value)) }
    mutating func encode(_ value: Int64) { number(Int64(value)) }
    mutating func encode(_ value: UInt) { number(UInt64(value)) }
    mutating func encode(_ value: UInt8) { number(UInt64(value)) }
    mutating func encode(_ value: UInt16) { number(UInt64(value)) }
    mutating func encode(_ value: UInt32) { number(UInt64(value)) }
    mutating func encode(_ value: UInt64) { number(UInt64(value)) }

    private mutating func number(_ value: Int64) {
        begin()
        writer.output.append(value)
    }

    private mutating func number(_ value: UInt64) {
        begin()
        writer.output.append(value)
    }

    mutating func encode(_ value: some Encodable) throws {
        begin()
        try writer.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        superEncoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { superEncoder().unkeyedContainer() }

    mutating func superEncoder() -> any Encoder {
        begin()
        return JSONValueEncoder(writer: writer, depth: depth)
    }
}
