import Testing

@testable import Marketplace

@Suite struct MoneyTests {
    @Test func currenciesHaveTheirDigits() throws {
        let digits = Currency.all.map { "\($0)\(Currency(rawValue: $0)?.minorDigits ?? -1)" }
        #expect(
            digits == [
                "AUD2", "BRL2", "CAD2", "CHF2", "CZK2", "DKK2", "EUR2", "GBP2", "HKD2", "INR2", "JPY0", "KRW0", "MXN2",
                "NOK2", "NZD2", "PLN2", "SEK2", "SGD2", "USD2", "ZAR2",
            ])
        #expect(Currency.usd == Currency(rawValue: "USD"))
        #expect(Currency.usd.description == "USD")
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
