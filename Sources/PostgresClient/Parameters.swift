/// The values of a statement in binary form, one after the other.
struct Parameters: Sendable {
    /// The object id of each one's type.
    private(set) var types: [UInt32] = []
    /// The length of each in bytes; -1 for NULL.
    private(set) var lengths: [Int32] = []
    private(set) var buffer = PostgresBuffer()

    /// The protocol counts parameters in 16 bits.
    static let limit = 65535

    mutating func append<Value: PostgresEncodable>(_ value: Value) {
        types.append(Value.postgresType.oid)
        guard !value.isPostgresNull else { return lengths.append(-1) }
        let start = buffer.bytes.count
        value.encode(into: &buffer)
        lengths.append(Int32(clamping: buffer.bytes.count - start))
    }

    mutating func append(_ other: Parameters) {
        types += other.types
        lengths += other.lengths
        buffer.append(bytes: other.buffer.bytes)
    }
}
