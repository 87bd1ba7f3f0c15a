import Marketplace
import Testing

@testable import API

struct VisitorTests {
    @Test(
        "The region comes from the first language that has one",
        arguments: [
            ("de-AT,de;q=0.9", "AT"), ("de", "DE"), ("en-GB;q=0.8", "GB"), ("pt", "BR"), ("zh-Hant-TW", "TW"),
            ("*", nil), ("", nil), ("xx-YYYY,fr", "FR"), ("-,;=,/", nil), (String(repeating: "a-", count: 2000), nil),
        ] as [(String, String?)])
    func findsTheRegion(header: String, region: String?) {
        #expect(Visitor.region(header) == region)
    }

    @Test("Prices and numbers follow the region's format")
    func formatsPrices() throws {
        #expect(Visitor(locale: "en_US").formattedPrice(123_456, .usd) == "$1,234.56")
        let (euro, yen) = (try #require(Currency(rawValue: "EUR")), try #require(Currency(rawValue: "JPY")))
        #expect(Visitor(locale: "en_DE").formattedPrice(6_500, euro).contains("65,00"))
        #expect(Visitor(locale: "en_JP").formattedPrice(1_999, yen).contains("1,999"))
        // CLDR shows no decimals for the lek, but two for the forint.
        for (code, minorUnits, text) in [
            ("ALL", 1_050, "10.50"), ("HUF", 1_490_000, "14,900"), ("ISK", 950_000, "9,500"), ("KWD", 12_340, "12.340"),
        ] {
            let shown = Visitor(locale: "en_US").formattedPrice(
                Int64(minorUnits), try #require(Currency(rawValue: code)))
            #expect(shown.contains(text) && !shown.contains("\(text)."), "\(shown)")
        }
    }

    @Test("A show's time is in the venue's zone, other times are in the visitor's")
    func formatsTimes() throws {
        let time = try #require(Timestamp("2027-01-15T19:30:00.000Z"))
        let visitor = Visitor(locale: "en_GB", zone: "America/New_York")
        let event = try #require(visitor.venueTime(time, in: "Europe/Berlin")["text"] as? String)
        #expect(event.contains("20:30") && event.contains("15 Jan 2027"))
        let moment = try #require(visitor.localTime(time)["text"] as? String)
        #expect(moment.contains("14:30"))
        let unknown = try #require(Visitor(locale: "en_GB").localTime(time)["text"] as? String)
        #expect(unknown.contains("19:30") && (unknown.contains("GMT") || unknown.contains("UTC")))
    }
}
