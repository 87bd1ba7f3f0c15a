import Marketplace
import Testing

@testable import API

struct TypedAmountTests {
    private static let euro = TypedAmount.Separators(decimal: ",", grouping: ".")

    private func read(
        _ text: String, _ code: String, _ separators: TypedAmount.Separators = .init()
    ) throws(TypedAmount.Fault) -> Int64 {
        try TypedAmount.minorUnits(of: text, in: Currency(rawValue: code) ?? .usd, separators: separators)
    }

    @Test(
        "An unambiguous amount is read the same in every region",
        arguments: [
            ("19.99", 1999), ("19,99", 1999), ("0.1", 10), (".50", 50), ("7", 700), ("1000000.00", 100_000_000),
            ("1.234,50", 123_450), ("1,234.50", 123_450), ("1'234.50", 123_450), ("1’234.50", 123_450),
            ("1 234,50", 123_450), ("1\u{202f}234,5", 123_450), ("1\u{a0}234", 123_400), ("1.234.567", 123_456_700),
            ("1,234,567.89", 123_456_789), ("12,34,567.89", 123_456_789), ("٣٫٥", 350), ("１９．９９", nil),
            ("€20", 2000), ("20 €", 2000), ("20 EUR", 2000), ("eur 20.50", 2050), ("20 euros", 2000), ("€.50", 50),
            ("20,-", 2000), ("€ 20.–", 2000), ("  20 ", 2000), ("9.", 900),
            ("1.2.3", nil), ("1,23,4", nil), ("", nil), (".", nil), ("-1", nil), ("1e3", nil), ("twenty", nil),
            ("20 20", nil), ("19.999,9.9", nil), ("1.234,567", nil), ("19.9999", nil), ("€20 EUR 5", nil),
            ("99999999999999999999", nil), ("20 apples", nil), (String(repeating: "1", count: 100), nil),
        ] as [(String, Int64?)])
    func unmistakableAmounts(text: String, minorUnits: Int64?) {
        #expect((try? read(text, "EUR")) == minorUnits)
        #expect((try? read(text, "EUR", Self.euro)) == minorUnits)
    }

    @Test("A single separator before three digits is read according to the region")
    func thousands() throws {
        #expect(try read("1.234", "EUR", Self.euro) == 123_400)
        #expect(try read("1,234", "EUR") == 123_400)
        #expect(throws: TypedAmount.Fault.ambiguous) { try read("1.234", "EUR") }
        #expect(throws: TypedAmount.Fault.ambiguous) { try read("1,234", "EUR", Self.euro) }
        #expect(try read("1.234", "KWD") == 1_234 && read("1.234", "KWD", Self.euro) == 1_234_000)
        #expect(try read("0.123", "KWD", Self.euro) == 123)
    }

    @Test("Currencies have their own digits, signs and codes")
    func currencies() throws {
        #expect(try read("9.800", "JPY", Self.euro) == 9_800 && read("¥9,800", "JPY") == 9_800)
        #expect(try read("9800.00", "JPY") == 9_800 && read("9 800円", "JPY") == 9_800)
        #expect(throws: TypedAmount.Fault.unreadable) { try read("19.9", "JPY") }
        #expect(try read("14 900 Ft", "HUF") == 1_490_000 && read("kr 9.500", "ISK", Self.euro) == 950_000)
        #expect(try read("kr.20", "DKK") == 2_000 && read("Fr. 20.50", "CHF") == 2_050 && read("12 zł", "PLN") == 1_200)
        #expect(try read("A$20", "AUD") == 2_000 && read("$20", "AUD") == 2_000 && read("US$20", "USD") == 2_000)
        for text in ["€20", "20 EUR", "20 GBP", "£20"] {
            #expect(throws: TypedAmount.Fault.otherCurrency) { try read(text, "USD") }
        }
    }

    @Test("The separators and the currency are those of the visitor's region")
    func regions() {
        let marks = ["en_US": ".", "en_DE": ",", "en_FR": ",", "en_CH": ".", "en_SE": ",", "en_IN": ".", "en_001": "."]
        for (locale, decimal) in marks {
            #expect(Visitor(locale: locale).separators.decimal == Character(decimal), "\(locale)")
        }
        #expect(
            Visitor(locale: "en_DE").currency?.rawValue == "EUR" && Visitor(locale: "en_IS").currency?.rawValue == "ISK"
        )
        #expect(Visitor(locale: "en_001").currency == nil)
    }

    @Test(
        "A price that a form shows is read as the same price",
        arguments: ["en_001", "en_DE", "en_FR", "en_CH", "en_SA"])
    func shownPricesAreReadBack(locale: String) throws {
        let visitor = Visitor(locale: locale)
        for currency in Currency.all.compactMap(Currency.init(rawValue:)) {
            for price in [1, 10, 123, 1_234, 99_999].map({ $0 * currency.facts.priceStep }) {
                let text = visitor.typedAmount(price, currency)
                let read = try TypedAmount.minorUnits(of: text, in: currency, separators: visitor.separators)
                #expect(read == price, "\(text) \(currency)")
            }
        }
    }
}
