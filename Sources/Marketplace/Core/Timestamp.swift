import FoundationEssentials

/// A moment, in microseconds since 1970 UTC: what PostgreSQL keeps, to the digit.
public struct Timestamp: Hashable, Sendable, Comparable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(milliseconds: Int64) { self.microseconds = milliseconds * 1000 }
    public init(seconds: Int64) { self.microseconds = seconds * 1_000_000 }

    /// The wall clock. Decisions never call it: their time is passed in.
    public static func now() -> Timestamp {
        Timestamp(microseconds: Int64((Date().timeIntervalSince1970 * 1_000_000).rounded(.down)))
    }

    public var milliseconds: Int64 { microseconds / 1000 }
    public var seconds: Int64 { microseconds / 1_000_000 }

    public static func < (one: Timestamp, other: Timestamp) -> Bool { one.microseconds < other.microseconds }

    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(microseconds: time.microseconds + duration.wholeMicroseconds)
    }

    public static func - (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(microseconds: time.microseconds - duration.wholeMicroseconds)
    }

    public static func - (one: Timestamp, other: Timestamp) -> Duration {
        .microseconds(one.microseconds - other.microseconds)
    }
}

extension Duration {
    /// The microseconds, what is finer cut off.
    public var wholeMicroseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}

extension Timestamp: CustomStringConvertible {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// RFC 3339 in UTC with milliseconds: `2026-08-01T19:30:00.000Z`. What is finer is cut off.
    public var description: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(Self.style)
    }

    /// Reads RFC 3339 in UTC, with or without fractional seconds.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        guard text.utf8.count <= 40,
            let date = (try? Self.style.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text))
        else { return nil }
        self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let time = Timestamp(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 time")
        }
        self = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
