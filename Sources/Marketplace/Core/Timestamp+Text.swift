// Every envelope and most bodies carry times, so times are read and written with integer arithmetic only. Foundation's
// format style took about four times as long to write a time, and six times as long to read one (release build, two
// busy cores).

extension Timestamp: CustomStringConvertible {
    private static let millisecondsOfDay: Int64 = 86_400_000
    /// Milliseconds of the years 0 to 9999: RFC 3339 years have four digits.
    private static let writable: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// RFC 3339 in UTC with milliseconds: `2026-08-01T19:30:00.000Z`.
    ///
    /// Microseconds are dropped. A time outside the years 0 to 9999 is clamped to them.
    public var description: String {
        let milliseconds = min(max(milliseconds, Self.writable.lowerBound), Self.writable.upperBound)
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: Self.millisecondsOfDay)
        let days = remainder < 0 ? quotient - 1 : quotient
        let ofDay = Int(milliseconds - days * Self.millisecondsOfDay)
        let date = CivilDay(daysSince1970: Int(days))

        var text = Array("0000-00-00T00:00:00.000Z".utf8)
        func write(_ value: Int, endingAt end: Int) {
            var (rest, index) = (value, end)
            while rest > 0 {
                text[index] += UInt8(rest % 10)
                (rest, index) = (rest / 10, index - 1)
            }
        }
        write(date.year, endingAt: 3)
        write(date.month, endingAt: 6)
        write(date.day, endingAt: 9)
        write(ofDay / 3_600_000, endingAt: 12)
        write(ofDay / 60_000 % 60, endingAt: 15)
        write(ofDay / 1000 % 60, endingAt: 18)
        write(ofDay % 1000, endingAt: 22)
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads RFC 3339 in UTC (capital `Z`), with or without fractional seconds.
    ///
    /// Digits beyond microseconds are dropped. Returns nil for a leap second, because PostgreSQL has none.
    public init?(_ text: some StringProtocol) {
        guard let (time, offset) = Self.read(Array(text.utf8)), offset == nil else { return nil }
        self = time
    }

    /// Reads RFC 3339 in UTC from bytes.
    public init?(utf8 bytes: ArraySlice<UInt8>) {
        guard let (time, offset) = Self.read(Array(bytes)), offset == nil else { return nil }
        self = time
    }

    /// Reads RFC 3339 with any offset from UTC: `2026-08-01T21:30:00+02:00`.
    public init?(withOffset text: some StringProtocol) {
        guard let (local, offset) = Self.read(Array(text.utf8)) else { return nil }
        let time = local - .seconds(60 * (offset ?? 0))
        guard Self.writable.contains(time.milliseconds) else { return nil }
        self = time
    }

    /// Reads the local time and its offset from UTC in minutes, which is nil for `Z`.
    private static func read(_ text: [UInt8]) -> (time: Timestamp, offset: Int?)? {
        guard text.count <= 40 else { return nil }
        var reader = DigitReader(text: text)
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T"), let hour = reader.number(2), reader.skip(":"),
            let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
            let date = CivilDay(year: year, month: month, day: day), hour < 24, minute < 60, second < 60
        else { return nil }
        var microseconds = 0
        if reader.skip(".") {
            guard let fraction = reader.microseconds() else { return nil }
            microseconds = fraction
        }
        var offset: Int?
        if !reader.skip("Z") {
            guard let minutes = reader.offset() else { return nil }
            offset = minutes
        }
        guard reader.isAtEnd else { return nil }
        let seconds = ((date.daysSince1970 * 24 + hour) * 60 + minute) * 60 + second
        return (Timestamp(microseconds: Int64(seconds * 1_000_000 + microseconds)), offset)
    }
}

/// Reads numbers from the front of a text.
private struct DigitReader {
    let text: [UInt8]
    var index = 0

    init(text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { index == text.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard index < text.count, text[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    /// Reads a number of exactly this many digits.
    mutating func number(_ digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Reads one or more fraction digits, in millionths.
    mutating func microseconds() -> Int? {
        guard var value = digit() else { return nil }
        var digits = 1
        while let digit = digit() {
            guard digits < 6 else { continue }
            value = value * 10 + digit
            digits += 1
        }
        for _ in digits..<6 { value *= 10 }
        return value
    }

    /// Reads an offset such as `+02:00`, in minutes.
    mutating func offset() -> Int? {
        let isBehind = skip("-")
        guard isBehind || skip("+"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return (isBehind ? -1 : 1) * (hours * 60 + minutes)
    }

    private mutating func digit() -> Int? {
        guard index < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) else { return nil }
        defer { index += 1 }
        return Int(text[index] - UInt8(ascii: "0"))
    }
}
