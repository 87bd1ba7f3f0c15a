import Testing

@testable import Marketplace

@Suite struct MoneyTests {
    /// Code, digits, step of charges, step of prices, and minimum, as Stripe's page states them.
    @Test(
        arguments: [
            ("USD", 2, 1, 1, 50), ("EUR", 2, 1, 1, 50), ("GBP", 2, 1, 1, 30), ("SEK", 2, 1, 1, 300),
            ("CZK", 2, 1, 1, 1_500), ("MXN", 2, 1, 1, 1_000), ("THB", 2, 1, 1, 1_000), ("ALL", 2, 1, 1, 1),
            ("JPY", 0, 1, 1, 50), ("KRW", 0, 1, 1, 50), ("VND", 0, 1, 1, 1), ("XPF", 0, 1, 1, 1),
            ("ISK", 2, 100, 100, 100), ("UGX", 2, 100, 100, 100), ("HUF", 2, 1, 100, 17_500),
            ("TWD", 2, 1, 100, 100), ("KWD", 3, 10, 10, 10), ("TND", 3, 10, 10, 10),
        ] as [(String, Int, Int64, Int64, Int64)])
    func currenciesHaveStripesAmounts(code: String, digits: Int, charge: Int64, price: Int64, minimum: Int64) throws {
        let facts = try #require(Currency(rawValue: code)).facts
        #expect(
            facts
                == CurrencyFacts(minorDigits: digits, chargeStep: charge, priceStep: price, minimum: minimum))
    }

    @Test func thereAreTheCurrenciesThatStripeCharges() {
        #expect(Currency.all.count == 139 && Currency.all == Currency.all.sorted())
        #expect(Currency.all.allSatisfy { $0.wholeMatch(of: /[A-Z]{3}/) != nil })
        // The smallest charge is a price, in each of them.
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
            ("EUR", 100_000_000, false),
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

    @Test(arguments: [1, 2, 99_999_999] as [Int64])
    func pricesWithinTheLimitsAreValid(minorUnits: Int64) {
        #expect(Price(minorUnits: minorUnits)?.minorUnits == minorUnits)
    }

    @Test(arguments: [Int64.min, -1, 0, 100_000_000, .max])
    func pricesOutsideTheLimitsAreRejected(minorUnits: Int64) {
        #expect(Price(minorUnits: minorUnits) == nil)
    }

    @Test(
        arguments: [
            (1999, 100, 199_900), (1, 1, 1), (99_999_999, 1, 99_999_999), (50_000_000, 2, nil),
            (33_333_333, 3, 99_999_999),
            (33_333_334, 3, nil), (1, 99_999_999, 99_999_999), (1, 100_000_000, nil), (2, .max, nil), (1, .max, nil),
            (5, 0, nil), (5, -1, nil), (99_999_999, .min, nil),
        ] as [(Int64, Int, Int64?)])
    func totalsBeyondOneChargeAreRejected(price: Int64, quantity: Int, total: Int64?) throws {
        #expect(try #require(Price(minorUnits: price)).times(quantity) == total)
    }
}
