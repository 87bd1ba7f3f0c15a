/// A point in time with the precision of `timestamptz`: microseconds since 1970 UTC here, since 2000 on the wire.
public struct PostgresTimestamp: PostgresScalar, Hashable {
    /// Microseconds since 1970-01-01 00:00 UTC.
    public var microseconds: Int64

    @inlinable
    public init(microseconds: Int64) { self.microseconds = microseconds }

    @usableFromInline
    static let microsecondsTo2000: Int64 = 946_684_800_000_000

    public static var postgresType: PostgresType { .timestamptz }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer) {
        // A value that is out of range saturates to PostgreSQL's -infinity instead of trapping.
        let (wireValue, overflow) = microseconds.subtractingReportingOverflow(Self.microsecondsTo2000)
        buffer.append(overflow ? Int64.min : wireValue)
    }

    public static func decode(_ value: PostgresValue) throws -> PostgresTimestamp {
        guard value.oid == PostgresType.timestamptz.oid || value.oid == ReadableOID.timestamp else {
            throw value.failure("is not a timestamp")
        }
        let wireValue: Int64 = try value.integer()
        guard wireValue != .max, wireValue != .min else { throw value.failure("is infinite") }
        let (microseconds, overflow) = wireValue.addingReportingOverflow(microsecondsTo2000)
        guard !overflow else { throw value.failure("is later than the latest supported time") }
        return PostgresTimestamp(microseconds: microseconds)
    }
}
