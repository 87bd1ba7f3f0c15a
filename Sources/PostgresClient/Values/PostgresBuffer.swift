/// The output buffer for values in binary form: big-endian, like the output of PostgreSQL's `typsend` functions.
public struct PostgresBuffer: Sendable {
    @usableFromInline
    var bytes: [UInt8] = []

    @inlinable
    public mutating func append<Integer: FixedWidthInteger>(_ integer: Integer) {
        unsafe withUnsafeBytes(of: integer.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    @inlinable
    public mutating func append(bytes more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// Appends an array element: its length in bytes (-1 for NULL), then the value.
    @inlinable
    mutating func appendElement(_ value: some PostgresEncodable) {
        guard !value.isPostgresNull else { return append(Int32(-1)) }
        let lengthOffset = bytes.count
        append(Int32(0))
        value.encode(into: &self)
        let length = UInt32(bytes.count - lengthOffset - 4)
        for index in 0..<4 {
            bytes[lengthOffset + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32(index)))
        }
    }
}
