import Testing

@testable import Marketplace

/// The fees of one ticket.
@Suite struct FeeRuleTests {
    private func buyerFee(_ ask: Int64, _ rule: FeeRule, _ currency: Currency = .usd) -> Int64 {
        PriceBreakdown(ask: ask, rule, in: currency).buyerFee
    }

    @Test(arguments: [
        (Int64(10_000), 500, Int64(0), Int64(500)), (10_001, 500, 0, 500), (10_009, 500, 0, 500),
        // Exactly half a cent is rounded up.
        (10_010, 500, 0, 501), (10, 500, 0, 1), (9, 500, 0, 0), (9_999, 1, 0, 1), (4_999, 1, 0, 0), (5_000, 1, 0, 1),
        (4_500, 500, 50, 275), (1, 0, 50, 50), (1, 10_000, 0, 1),
    ])
    func theShareIsRoundedHalfUp(ask: Int64, share: Int, fixed: Int64, fee: Int64) {
        #expect(buyerFee(ask, .sample(buyerBp: share, buyerFixed: fixed)) == fee)
    }

    @Test func theFeeIsAMultipleOfTheStepOfCharges() throws {
        let dinar = try #require(Currency(rawValue: "KWD"))
        // 5 % of 1.110 KWD is 0.0555, which is rounded to 0.056 and charged as 0.060.
        #expect(buyerFee(1_110, .sample(dinar, buyerBp: 500), dinar) == 60)
        #expect(buyerFee(1_080, .sample(dinar, buyerBp: 500), dinar) == 50)
        #expect(buyerFee(1_100, .sample(dinar, buyerBp: 500), dinar) == 60)
        let krona = try #require(Currency(rawValue: "ISK"))
        #expect(buyerFee(1_000_000, .sample(krona, buyerBp: 5), krona) == 500)
        #expect(buyerFee(1_000_000, .sample(krona, buyerBp: 4), krona) == 400)
        #expect(buyerFee(90_000, .sample(krona, buyerBp: 5), krona) == 0)
        #expect(buyerFee(100_000, .sample(krona, buyerBp: 5), krona) == 100)
    }

    @Test func theLeastAndTheGreatestFeeBoundEachFee() {
        let rule = FeeRule.sample(buyerBp: 1_000, sellerBp: 500, min: 100, max: 400)
        for (ask, buyer, seller) in [(Int64(500), Int64(100), Int64(100)), (3_000, 300, 150), (90_000, 400, 400)] {
            let price = PriceBreakdown(ask: ask, rule, in: .usd)
            #expect([price.buyerFee, price.sellerFee] == [buyer, seller], "\(ask)")
        }
    }

    @Test func aFeeWithoutShareAndAmountIsZeroInSpiteOfTheLeastFee() {
        let price = PriceBreakdown(ask: 10_000, .sample(buyerBp: 100, min: 300), in: .usd)
        #expect([price.buyerFee, price.sellerFee, price.allIn, price.youGet] == [300, 0, 10_300, 10_000])
    }

    @Test func theSellerNeverPaysMoreThanThePrice() {
        let price = PriceBreakdown(ask: 60, .sample(sellerFixed: 100), in: .usd)
        #expect([price.sellerFee, price.youGet] == [60, 0])
    }

    /// For every currency: whole steps, no overflow, and a fee that never falls when the price rises.
    @Test(arguments: Currency.all) func feesGrowWithThePrice(code: String) throws {
        let currency = try #require(Currency(rawValue: code))
        let facts = currency.facts
        var random = SeededGenerator(seed: 13)
        for _ in 0..<50 {
            let step = facts.chargeStep
            func amount() -> Int64 {
                Int64.random(in: 0...min(facts.maximum, 100_000_000) / step, using: &random) * step
            }
            let least = Bool.random(using: &random) ? amount() : nil
            let rule = FeeRule.sample(
                currency, buyerBp: .random(in: 0...10_000, using: &random), buyerFixed: amount(),
                sellerBp: .random(in: 0...10_000, using: &random), sellerFixed: amount(), min: least,
                max: Bool.random(using: &random) ? (least ?? 0) + amount() : nil)
            try ensure(rule.faults(at: "x").allSatisfy { $0.path == "x.max" }, "\(rule.faults(at: "x"))")
            let asks =
                [1, 2, Price.limit - 1, Price.limit]
                + (0..<40).map { _ in Int64.random(in: 1...Price.limit, using: &random) }
            var before = PriceBreakdown(ask: 0)
            for ask in asks.sorted() {
                let price = PriceBreakdown(ask: ask, rule, in: currency)
                try ensure(
                    price.buyerFee >= before.buyerFee && price.buyerFee.isMultiple(of: step)
                        && price.buyerFee >= 0, "\(price)")
                try ensure((0...ask).contains(price.sellerFee) && price.youGet + price.sellerFee == ask, "\(price)")
                try ensure(price.allIn == ask + price.buyerFee + price.tax, "\(price)")
                before = price
            }
        }
    }

    // MARK: Faults

    @Test func eachFaultNamesItsPath() {
        let rule = FeeRule(
            scope: .init(country: "XX", category: .init(rawValue: "circus"), currency: .usd), buyerBp: 10_001,
            sellerBp: -1, min: 200, max: 100, validFrom: .past)
        #expect(
            rule.faults(at: "fees[2]").map(\.path) == [
                "fees[2].country", "fees[2].category", "fees[2].buyerBp", "fees[2].sellerBp", "fees[2].max",
            ])
    }

    @Test func amountsNeedACurrencyAndItsStep() throws {
        #expect(FeeRule.sample(nil, buyerBp: 100).faults(at: "x").isEmpty)
        #expect(FeeRule.sample(nil, buyerFixed: 50).faults(at: "x").map(\.path) == ["x.buyerFixed"])
        #expect(FeeRule.sample(nil, buyerBp: 100, min: 0).faults(at: "x").map(\.path) == ["x.min"])
        let krona = try #require(Currency(rawValue: "ISK"))
        #expect(FeeRule.sample(krona, buyerFixed: 5_050).faults(at: "x").map(\.path) == ["x.buyerFixed"])
        #expect(FeeRule.sample(.usd, buyerFixed: 100_000_000).faults(at: "x").map(\.path) == ["x.buyerFixed"])
    }
}
