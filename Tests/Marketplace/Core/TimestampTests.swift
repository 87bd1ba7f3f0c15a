import FoundationEssentials
import Testing

@testable import Marketplace

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_785_585_600_000_000, "2026-08-01T12:00:00.000Z"),
            (951_782_399_999_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399_999_000, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-1000, "1969-12-31T23:59:59.999Z"),
            (-1001, "1969-12-31T23:59:59.998Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func timesAreWrittenInMilliseconds(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == Timestamp(microseconds: microseconds).milliseconds)
    }

    @Test func yearsOutside0To9999AreClamped() {
        #expect(Timestamp(microseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(microseconds: .min).description == "0000-01-01T00:00:00.000Z")
    }

    @Test(
        arguments: [
            ("2026-08-01T12:00:00Z", 1_785_585_600_000_000),
            ("2026-08-01T12:00:00.5Z", 1_785_585_600_500_000),
            ("2026-08-01T12:00:00.05Z", 1_785_585_600_050_000),
            ("2026-08-01T12:00:00.000001Z", 1_785_585_600_000_001),
            ("2026-08-01T12:00:00.123456999Z", 1_785_585_600_123_456),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
            ("2000-02-29T00:00:00Z", 951_782_400_000_000),
            ("1969-12-31T23:59:59.999999Z", -1),
        ] as [(String, Int64)])
    func timesAreReadInMicroseconds(text: String, microseconds: Int64) {
        #expect(Timestamp(text)?.microseconds == microseconds)
        // Substrings are read too.
        #expect(Timestamp("<\(text)>".dropFirst().dropLast())?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "Z", "2026", "2026-08-01", "2026-08-01T12:00:00", "2026-08-01 12:00:00Z", "2026-08-01t12:00:00z",
        "2026-08-01T12:00Z", "2026-08-01T12:00:00.Z", "2026-08-01T12:00:00,5Z", "2026-08-01T12:00:00+00:00",
        "2026-08-01T12:00:00+01:00", "2026-08-01T12:00:00ZZ", " 2026-08-01T12:00:00Z", "2026-08-01T12:00:00Z ",
        "2026-8-1T12:00:00Z", "2026-00-01T12:00:00Z", "2026-13-01T12:00:00Z", "2026-08-00T12:00:00Z",
        "2026-08-32T12:00:00Z", "2026-04-31T12:00:00Z", "2026-02-29T12:00:00Z", "2100-02-29T12:00:00Z",
        "2026-08-01T24:00:00Z", "2026-08-01T12:60:00Z", "2026-12-31T23:59:60Z", "-026-08-01T12:00:00Z",
        "+026-08-01T12:00:00Z", "20260801T120000Z", "10000-01-01T00:00:00Z", "2026-08-01T12:00:00.-1Z",
        "２０２６-08-01T12:00:00Z", "2026-08-01T12:00:00.00000000000000000000000Z", "1785585600",
    ])
    func otherFormatsAreRejected(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(arguments: Seeds.all)
    func textMatchesFoundation(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<3000 {
            // From 1600 to 9999, because before 1582 Foundation uses the Julian calendar.
            let milliseconds = Int64.random(in: -11_676_096_000_000...253_402_300_799_999, using: &random)
            let time = Timestamp(milliseconds: milliseconds)
            // Add a quarter of a millisecond, so that the rounding of the double does not lead to the previous
            // millisecond.
            let date = Date(timeIntervalSince1970: (Double(milliseconds) + 0.25) / 1000)
            let text = date.formatted(style)
            #expect(time.description == text)
            let parsed = try style.parse(text)
            #expect(Timestamp(text)?.milliseconds == Int64((parsed.timeIntervalSince1970 * 1000).rounded()))
        }
    }

    @Test(arguments: Seeds.all)
    func writtenTimesAreReadBack(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let time = Timestamp(
                milliseconds: Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &random))
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test func daysFollowOneAnother() {
        var day = CivilDay(daysSince1970: -719_528)
        #expect(day == CivilDay(year: 0, month: 1, day: 1))
        // The calendar repeats after 400 years.
        for days in -719_527...(-719_528 + 146_097) {
            let next = CivilDay(daysSince1970: days)
            #expect(next.daysSince1970 == days)
            let follows =
                next.day == day.day + 1
                ? next.month == day.month && next.year == day.year
                : next.day == 1 && CivilDay(year: day.year, month: day.month, day: day.day + 1) == nil
                    && (next.month == day.month + 1 && next.year == day.year
                        || next.month == 1 && day.month == 12 && next.year == day.year + 1)
            #expect(follows, "\(day) \(next)")
            day = next
        }
        #expect(day == CivilDay(year: 400, month: 1, day: 1))
    }

    @Test(arguments: [
        ("2026-08-01T12:00:00Z", true), ("2026-08-01T14:00:00+02:00", true), ("2026-08-01T07:30:00.000-04:30", true),
        ("2026-08-02T01:45:00+13:45", true), ("2026-08-01T12:00:00+00:00", true), ("2026-08-01T14:00:00+01:00", false),
    ])
    func offsetsAreSubtracted(text: String, isNow: Bool) throws {
        #expect((try #require(Timestamp(withOffset: text)) == Fixture.now) == isNow)
        #expect((Timestamp(text) == nil) == !text.hasSuffix("Z"))
    }

    @Test(arguments: [
        "2026-08-01T12:00:00", "2026-08-01T12:00:00+2:00", "2026-08-01T12:00:00+0200", "2026-08-01T12:00:00+24:00",
        "2026-08-01T12:00:00+02:60", "2026-08-01T12:00:00+02:00Z", "2026-08-01T12:00:00Z+02:00", "2026-08-01",
        "9999-12-31T23:00:00-02:00", "0000-01-01T00:00:00+00:01",
    ])
    func invalidOffsetsAreRejected(text: String) { #expect(Timestamp(withOffset: text) == nil) }

    @Test func clockReturnsWholeMilliseconds() {
        let before = Int64(Date().timeIntervalSince1970 * 1000)
        let now = Timestamp.now()
        let after = Int64(Date().timeIntervalSince1970 * 1000)
        #expect(now.microseconds % 1000 == 0)
        #expect((before...after).contains(now.milliseconds))
        #expect(Timestamp(now.description) == now)
    }

    @Test func unitsAreRoundedDown() {
        #expect(Timestamp(microseconds: 1_999_999).milliseconds == 1999)
        #expect(Timestamp(microseconds: 1_999_999).seconds == 1)
        #expect(Timestamp(microseconds: -1).milliseconds == -1)
        #expect(Timestamp(microseconds: -1).seconds == -1)
        #expect(Timestamp(microseconds: -1_000_000).seconds == -1)
    }

    @Test func durationsAreAddedInMicroseconds() {
        let time = Timestamp(seconds: 100)
        #expect(time + .milliseconds(1) == Timestamp(microseconds: 100_001_000))
        #expect(time - .microseconds(1) == Timestamp(microseconds: 99_999_999))
        #expect(time + .nanoseconds(999) == time)
        #expect(Timestamp(seconds: 103) - time == .seconds(3))
        #expect(time - Timestamp(seconds: 103) == .seconds(-3))
    }

    @Test func arithmeticSaturates() {
        let (first, last) = (Timestamp(microseconds: .min), Timestamp(microseconds: .max))
        #expect(Timestamp(milliseconds: .max) == last)
        #expect(Timestamp(milliseconds: .min) == first)
        #expect(Timestamp(seconds: .max) == last)
        #expect(last + .seconds(1) == last)
        #expect(last - .seconds(-1) == last)
        #expect(first - .seconds(1) == first)
        #expect(first + .seconds(-1) == first)
        #expect(first + .seconds(Int64.max) == Timestamp(microseconds: -1))
        #expect(last - first > .zero)
        #expect(Duration.seconds(Int64.max).wholeMicroseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeMicroseconds == .min)
    }

    @Test func timesAreJSONStrings() throws {
        try expectGolden(Fixture.now, #""2026-08-01T12:00:00.000Z""#)
        #expect(throws: DecodingError.self) { try Wire.value("1785585600", as: Timestamp.self) }
        #expect(throws: DecodingError.self) { try Wire.value(#""soon""#, as: Timestamp.self) }
    }
}
