/// Where a value writes its binary form: big-endian, as PostgreSQL's `typsend` functions have it.
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

    /// Writes a length, then the value: the form of an array's element.
    @inlinable
    mutating func appendElement(_ value: some PostgresEncodable) {
        guard !value.isPostgresNull else { return append(Int32(-1)) }
        let place = bytes.count
        append(Int32(0))
        value.encode(into: &self)
        let length = UInt32(bytes.count - place - 4)
        for index in 0..<4 {
            bytes[place + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32(index)))
        }
    }
}
