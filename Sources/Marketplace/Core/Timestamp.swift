import FoundationEssentials

/// A moment, in microseconds since 1970 UTC, which is PostgreSQL's precision.
///
/// Arithmetic saturates at the ends of the range, some 292,000 years away, so that a number from a hand-written stream
/// entry does not trap.
public struct Timestamp: Hashable, Sendable, Comparable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(milliseconds: Int64) { self.microseconds = Self.times(milliseconds, 1000) }
    public init(seconds: Int64) { self.microseconds = Self.times(seconds, 1_000_000) }

    /// The wall clock in whole milliseconds, so that JSON and PostgreSQL hold the same value.
    ///
    /// Decisions never call it, because they get the time as a parameter.
    public static func now() -> Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    /// Whole milliseconds, rounded down.
    public var milliseconds: Int64 { Self.floor(microseconds, 1000) }
    /// Whole seconds, rounded down.
    public var seconds: Int64 { Self.floor(microseconds, 1_000_000) }

    public static func < (one: Timestamp, other: Timestamp) -> Bool { one.microseconds < other.microseconds }

    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflow) = time.microseconds.addingReportingOverflow(duration.wholeMicroseconds)
        return Timestamp(microseconds: overflow ? (time.microseconds < 0 ? .min : .max) : sum)
    }

    public static func - (time: Timestamp, duration: Duration) -> Timestamp {
        let (difference, overflow) = time.microseconds.subtractingReportingOverflow(duration.wholeMicroseconds)
        return Timestamp(microseconds: overflow ? (time.microseconds < 0 ? .min : .max) : difference)
    }

    public static func - (one: Timestamp, other: Timestamp) -> Duration {
        .microseconds(one.microseconds) - .microseconds(other.microseconds)
    }

    private static func times(_ value: Int64, _ factor: Int64) -> Int64 {
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? (value < 0 ? .min : .max) : product
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension Duration {
    /// Whole microseconds, truncated, and clamped to 64 bits.
    public var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return overflow || carry ? (seconds < 0 ? .min : .max) : sum
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let time = Timestamp(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 time in UTC")
        }
        self = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
