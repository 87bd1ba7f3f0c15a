/// A day in the format of ISO 8601: `2026-12-01`. Sorting the texts sorts the days.
public struct Day: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: String

    /// Returns nil unless the calendar has the day, in a year from 1000 to 9999.
    public init?(rawValue text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], parts.joined().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), year >= 1000,
            CivilDay(year: year, month: month, day: day) != nil
        else { return nil }
        rawValue = text
    }

    /// The day in UTC.
    public init?(of time: Timestamp) { self.init(rawValue: String(time.description.prefix(10))) }

    public var description: String { rawValue }

    public static func < (one: Day, other: Day) -> Bool { one.rawValue < other.rawValue }
}

extension Day: NamedValue {}
