import Testing

@testable import Marketplace

@Suite struct MoneyTests {
    /// The code, the number of minor digits, the steps of charges and of prices, the minimum, and the number of digits
    /// of the maximum, as Stripe's page states them.
    @Test(
        arguments: [
            ("USD", 2, 1, 1, 50, 8), ("EUR", 2, 1, 1, 50, 8), ("GBP", 2, 1, 1, 30, 8), ("SEK", 2, 1, 1, 300, 8),
            ("CZK", 2, 1, 1, 1_500, 8), ("MXN", 2, 1, 1, 1_000, 8), ("THB", 2, 1, 1, 1_000, 8),
            ("ALL", 2, 1, 1, 1, 8), ("JPY", 0, 1, 1, 50, 8), ("KRW", 0, 1, 1, 50, 8), ("VND", 0, 1, 1, 1, 8),
            ("XPF", 0, 1, 1, 1, 8), ("ISK", 2, 100, 100, 100, 8), ("UGX", 2, 100, 100, 100, 12),
            ("HUF", 2, 1, 100, 17_500, 8), ("TWD", 2, 1, 100, 100, 8), ("KWD", 3, 10, 10, 10, 8),
            ("TND", 3, 10, 10, 10, 8), ("IDR", 2, 1, 1, 50, 12), ("LBP", 2, 1, 1, 1, 12), ("COP", 2, 1, 1, 50, 12),
        ] as [(String, Int, Int64, Int64, Int64, Int)])
    func currenciesHaveStripesAmounts(
        code: String, digits: Int, charge: Int64, price: Int64, minimum: Int64, maximumDigits: Int
    ) throws {
        let facts = try #require(Currency(rawValue: code)).facts
        let maximum = try #require(Int64(String(repeating: "9", count: maximumDigits)))
        let expected = CurrencyFacts(
            minorDigits: digits, chargeStep: charge, priceStep: price, minimum: minimum, maximum: maximum)
        #expect(facts == expected)
    }

    @Test func thereAreTheCurrenciesThatStripeCharges() {
        #expect(Currency.all.count == 139 && Currency.all == Currency.all.sorted())
        #expect(Currency.all.allSatisfy { $0.wholeMatch(of: /[A-Z]{3}/) != nil })
        // In each currency, the smallest charge is a valid price.
        #expect(
            Currency.all.compactMap(Currency.init(rawValue:)).allSatisfy {
                Price.fault(of: $0.facts.minimum, in: $0) == nil
            })
        #expect(Currency.usd == Currency(rawValue: "USD"))
        #expect(Currency.usd.description == "USD")
    }

    @Test(
        arguments: [
            ("USD", 1_999, "19.99"), ("USD", 5, "0.05"), ("USD", 0, "0.00"), ("JPY", 1_999, "1999"),
            ("ISK", 950_000, "9500"), ("ISK", 950_050, "9500.50"), ("HUF", 1_490_000, "14900"),
            ("KWD", 12_340, "12.340"), ("KWD", 10, "0.010"), ("ALL", 1_050, "10.50"),
        ] as [(String, Int64, String)])
    func amountsAreWrittenWithTheirDigits(code: String, minorUnits: Int64, text: String) throws {
        let currency = try #require(Currency(rawValue: code))
        #expect(currency.decimal(minorUnits) == text)
        #expect(currency.text(minorUnits) == "\(text) \(code)")
    }

    @Test(
        arguments: [
            ("EUR", 50, true), ("EUR", 49, false), ("GBP", 30, true), ("GBP", 29, false), ("SEK", 300, true),
            ("SEK", 200, false), ("JPY", 50, true), ("ISK", 950_000, true), ("ISK", 950_050, false),
            ("HUF", 17_500, true), ("HUF", 17_550, false), ("HUF", 17_400, false), ("KWD", 1_230, true),
            ("KWD", 1_235, false), ("VND", 1, true), ("EUR", 0, false), ("EUR", 99_999_999, true),
            ("EUR", 100_000_000, false), ("IDR", 100_000_000, true), ("IDR", 999_999_999_999, true),
            ("IDR", 1_000_000_000_000, false), ("LBP", 45_000_000_000, true), ("JPY", 100_000_000, false),
        ] as [(String, Int64, Bool)])
    func pricesCanBeCharged(code: String, minorUnits: Int64, isAllowed: Bool) throws {
        #expect((Price.fault(of: minorUnits, in: try #require(Currency(rawValue: code))) == nil) == isAllowed)
    }

    @Test(arguments: ["", "usd", "Usd", "US", "USDX", " USD", "XXX", "840", "ＵＳＤ"])
    func otherCodesAreRejected(code: String) throws {
        #expect(Currency(rawValue: code) == nil)
        #expect(throws: UnknownName.self) { try Wire.value(try Wire.text(code), as: Currency.self) }
    }

    @Test func codesAreReadInAnyCase() {
        #expect(Currency.inAnyCase("usd") == .usd && Currency.inAnyCase("Usd") == .usd)
        #expect(Currency.inAnyCase("xxx") == nil && Currency.inAnyCase("") == nil)
    }

    @Test func currenciesAreJSONStrings() throws {
        try expectGolden(Currency.usd, #""USD""#)
        #expect(throws: DecodingError.self) { try Wire.value("840", as: Currency.self) }
    }

    @Test(arguments: [1, 2, 99_999_999, 999_999_999_999] as [Int64])
    func pricesWithinTheLimitsAreValid(minorUnits: Int64) {
        #expect(Price(minorUnits: minorUnits)?.minorUnits == minorUnits)
    }

    @Test(arguments: [Int64.min, -1, 0, 1_000_000_000_000, .max])
    func pricesOutsideTheLimitsAreRejected(minorUnits: Int64) {
        #expect(Price(minorUnits: minorUnits) == nil)
    }

    @Test(
        arguments: [
            ("USD", 1999, 100, 199_900), ("USD", 1, 1, 1), ("USD", 99_999_999, 1, 99_999_999),
            ("USD", 50_000_000, 2, nil), ("USD", 33_333_333, 3, 99_999_999), ("USD", 33_333_334, 3, nil),
            ("USD", 1, 99_999_999, 99_999_999), ("USD", 1, 100_000_000, nil), ("USD", 2, .max, nil),
            ("USD", 1, .max, nil), ("USD", 5, 0, nil), ("USD", 5, -1, nil), ("USD", 99_999_999, .min, nil),
            ("IDR", 50_000_000, 2, 100_000_000), ("IDR", 333_333_333_333, 3, 999_999_999_999),
            ("IDR", 333_333_333_334, 3, nil), ("IDR", 999_999_999_999, .max, nil),
        ] as [(String, Int64, Int, Int64?)])
    func totalsBeyondOneChargeAreRejected(code: String, price: Int64, quantity: Int, total: Int64?) throws {
        let currency = try #require(Currency(rawValue: code))
        #expect(try #require(Price(minorUnits: price)).times(quantity, in: currency) == total)
    }
}
