import Foundation
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

    @Test("Every region's prices are written as ICU writes them", arguments: ["EUR", "INR", "ISK", "JPY", "KWD"])
    func writesPricesOfEveryRegion(code: String) throws {
        let currency = try #require(Currency(rawValue: code))
        for region in Locale.Region.isoRegions { expectICUFormat(currency, locale: "en_\(region.identifier)") }
    }

    @Test("Every currency's prices are written as ICU writes them", arguments: ["en_001", "en_CH", "en_IN", "en_SE"])
    func writesPricesOfEveryCurrency(locale: String) throws {
        for code in Currency.all { expectICUFormat(try #require(Currency(rawValue: code)), locale: locale) }
    }

    private func expectICUFormat(_ currency: Currency, locale: String) {
        for amount in [0, 1, 50, 99, 100, 4_500, 99_999, 100_000, 123_400, 1_234_567, 98_765_432_100, 99_999_999_999] {
            let digits = currency.writtenDigits(of: Int64(amount))
            let scale = (0..<currency.minorDigits).reduce(Decimal(1)) { scale, _ in scale * 10 }
            #expect(
                Visitor(locale: locale).formattedPrice(Int64(amount), currency)
                    == PriceFormat.formatted(
                        Decimal(amount) / scale, locale: locale, currency, fractionDigits: digits))
        }
        #expect(
            PriceFormat(locale: locale, currency, fractionDigits: currency.minorDigits) != nil,
            "\(currency) in \(locale) has no format of its own")
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
