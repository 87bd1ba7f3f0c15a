/// A moment as `timestamptz` keeps it: microseconds, from 1970 UTC here, from 2000 on the wire.
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
        // Saturates to PostgreSQL's -infinity, instead of trapping, for what is out of every calendar.
        let (moment, overflow) = microseconds.subtractingReportingOverflow(Self.microsecondsTo2000)
        buffer.append(overflow ? Int64.min : moment)
    }

    public static func decode(_ value: PostgresValue) throws -> PostgresTimestamp {
        guard value.oid == PostgresType.timestamptz.oid || value.oid == ReadableOID.timestamp else {
            throw value.failure("is no timestamp")
        }
        let moment: Int64 = try value.integer()
        guard moment != .max, moment != .min else { throw value.failure("is infinite") }
        let (microseconds, overflow) = moment.addingReportingOverflow(microsecondsTo2000)
        guard !overflow else { throw value.failure("is too late a time") }
        return PostgresTimestamp(microseconds: microseconds)
    }
}
