/// A statement's values in binary form.
struct Parameters: Sendable {
    /// The object id of each value's type.
    private(set) var types: [UInt32] = []
    /// The length of each value in bytes; -1 for NULL.
    private(set) var lengths: [Int32] = []
    private(set) var buffer = PostgresBuffer()

    /// Maximum number of parameters of a statement: the protocol counts them in 16 bits.
    static let maximumCount = 65535

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
