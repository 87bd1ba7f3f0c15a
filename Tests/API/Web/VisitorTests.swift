import Marketplace
import Testing

@testable import API

struct VisitorTests {
    @Test(
        "the region is that of the first language that has one",
        arguments: [
            ("de-AT,de;q=0.9", "AT"), ("de", "DE"), ("en-GB;q=0.8", "GB"), ("pt", "BR"), ("zh-Hant-TW", "TW"),
            ("*", nil), ("", nil), ("xx-YYYY,fr", "FR"), ("-,;=,/", nil), (String(repeating: "a-", count: 2000), nil),
        ] as [(String, String?)])
    func regions(header: String, region: String?) {
        #expect(Visitor.region(header) == region)
    }

    @Test("money and numbers follow the region, to the digit")
    func money() throws {
        #expect(Visitor(locale: "en_US").money(123_456, .usd) == "$1,234.56")
        #expect(Visitor(locale: "en_DE").money(6_500, try #require(Currency(rawValue: "EUR"))).contains("65,00"))
        #expect(Visitor(locale: "en_JP").money(1_999, try #require(Currency(rawValue: "JPY"))).contains("1,999"))
    }

    @Test("an event is told in its own zone, a time of the marketplace in the visitor's")
    func times() throws {
        let time = try #require(Timestamp("2027-01-15T19:30:00.000Z"))
        let visitor = Visitor(locale: "en_GB", zone: "America/New_York")
        let event = try #require(visitor.event(time, in: "Europe/Berlin")["text"] as? String)
        #expect(event.contains("20:30") && event.contains("15 Jan 2027"))
        let moment = try #require(visitor.moment(time)["text"] as? String)
        #expect(moment.contains("14:30"))
        let unknown = try #require(Visitor(locale: "en_GB").moment(time)["text"] as? String)
        #expect(unknown.contains("19:30") && (unknown.contains("GMT") || unknown.contains("UTC")))
    }
}
