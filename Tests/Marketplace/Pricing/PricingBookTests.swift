import Testing

@testable import Marketplace

/// The choice of the rule and the policy that apply, and the storage of new ones.
@Suite struct PricingBookTests {
    private static let now = Fixture.now

    private func version(
        _ book: PricingBook, _ place: PricePlace = .oslo, _ currency: Currency = .usd, at now: Timestamp = now
    ) -> Int64? {
        book.rule(at: place, currency, now: now)?.version
    }

    // MARK: Rules

    @Test func theMostSpecificRuleApplies() {
        let book = PricingBook.of(
            .sample(nil, country: "NO", category: .concert), .sample(.usd, country: "NO"), .sample(nil, country: "NO"),
            .sample(.usd, category: .concert), .sample(nil, category: .concert), .sample(.usd), .sample(nil))
        // A later version does not make a rule more specific.
        #expect(version(book) == 1)
        #expect(version(book, PricePlace(country: "NO", category: .sport)) == 2)
        #expect(version(book, PricePlace(country: "SE", category: .concert)) == 4)
        #expect(version(book, PricePlace(country: "SE")) == 6)
        #expect(version(book, PricePlace()) == 6)
        #expect(version(book, PricePlace(), Currency(rawValue: "EUR")!) == 7)
        // The order of the rows does not matter.
        let reversed = PricingBook(rules: book.rules.reversed(), policies: [])
        #expect(version(reversed) == 1)
    }

    @Test func aRuleAppliesFromItsFirstDayUntilTheNextOfItsScopeBegins() {
        let book = PricingBook.of(
            .sample(from: .n("2026-01-01")), .sample(buyerBp: 5, from: .n("2026-08-01")),
            .sample(country: "NO", from: .n("2026-08-02")))
        #expect(version(book, at: Timestamp(seconds: 0)) == nil)
        let midnight = Timestamp(seconds: 1_785_542_400)
        #expect(version(book, at: midnight - .milliseconds(1)) == 1)
        #expect(version(book, at: midnight) == 2)
        #expect(version(book, at: midnight + .seconds(86_400)) == 3)
    }

    @Test func aCorrectedRuleTakesThePlaceOfItsFirstVersionOnly() {
        var book = PricingBook.of(.sample(buyerBp: 1, from: .past), .sample(buyerBp: 2, from: .n("2030-01-01")))
        let reply = book.apply(ApplyPricing(fees: [.sample(buyerBp: 3, from: .past)], policies: []), now: Self.now)
        #expect(reply.fees == [.init(id: "*/*/USD", version: 3, isNew: true)])
        #expect(version(book) == 3)
        #expect(version(book, at: Timestamp(seconds: 1_900_000_000)) == 2)
    }

    // MARK: Policies

    @Test func aRegionComesBeforeItsCountryAndACountryBeforeEverywhere() {
        let policies: [PricePolicy] = [.sample("*"), .sample("NO"), .sample("NO-03")]
        func version(_ place: PricePlace, _ count: Int) -> Int64? {
            PricingBook.of(policies: Array(policies.prefix(count))).policy(at: place)?.version
        }
        #expect(version(.oslo, 3) == 3 && version(.oslo, 2) == 2 && version(.oslo, 1) == 1)
        #expect(version(PricePlace(country: "SE"), 3) == 1)
        #expect(version(PricePlace(), 3) == nil)
    }

    @Test func anAnnouncedPolicyLimitsNothingAndLeavesTheCurrentOne() {
        var book = PricingBook.of(policies: [.sample(capBp: 12_000)])
        _ = book.apply(ApplyPricing(fees: [], policies: [.sample("NO", .announced)]), now: Self.now)
        #expect(book.policy(at: .oslo)?.version == 1)
        #expect(book.announced(in: "NO")?.version == 2)
        // The announced policy comes into force.
        _ = book.apply(ApplyPricing(fees: [], policies: [.sample()]), now: Self.now)
        #expect(book.policy(at: .oslo)?.version == 3)
        #expect(book.announced(in: "NO") == nil)
    }

    @Test func aRepealedPolicyLeavesThatOfEverywhere() {
        var book = PricingBook.of(policies: [.sample("*", capBp: 12_000), .sample()])
        _ = book.apply(ApplyPricing(fees: [], policies: [.sample("NO", .repealed)]), now: Self.now)
        #expect(book.policy(at: .oslo)?.version == 1)
        #expect(book.revision(of: "NO") == 3 && book.revision(of: "SE") == 1)
    }

    // MARK: Caps

    private func quote(
        _ ask: Int64, face: Int64? = 10_000, _ policy: PricePolicy = .sample(), _ rule: FeeRule = .sample(),
        _ currency: Currency = .usd
    ) -> PriceQuote {
        PricingBook.of(rule, policies: [policy]).quote(
            ask: ask, currency, faceValue: face, at: .oslo, now: Self.now)
    }

    @Test func aPriceAboveTheCapIsRefusedWithTheLimit() throws {
        #expect(quote(10_000).refusal == nil)
        let refusal = try #require(quote(10_001).refusal)
        #expect(refusal.code == .priceAboveCap && refusal.field == "price")
        #expect(refusal.message == "In Norway a ticket may be resold for at most what it cost: 100.00 USD.")
        #expect(
            refusal.cap
                == PriceCap(
                    max: 10_000, basis: .originalTotal, policy: "NO", place: "Norway", policyVersion: 1,
                    source: "A law", limit: "what it cost"))
    }

    @Test func aSharePlusAnAmountIsTheCap() throws {
        let policy = PricePolicy.sample("NO", .inForce, .faceValue, capBp: 11_050, plus: 200, currency: .usd)
        #expect(quote(11_250, policy).refusal == nil)
        let refusal = try #require(quote(11_251, policy).refusal)
        #expect(refusal.message.contains("at most 110.50 % of its face value plus 2.00 USD: 112.50 USD"))
        let euro = try #require(Currency(rawValue: "EUR"))
        #expect(quote(11_051, policy, .sample(euro), euro).refusal?.code == .priceAboveCap)
        #expect(quote(11_050, policy, .sample(euro), euro).refusal == nil)
    }

    @Test func theBuyersFeeCountsWhereTheWholePriceIsMeasured() {
        let policy = PricePolicy.sample(measured: .allInExTax)
        let rule = FeeRule.sample(buyerBp: 1_000, min: 100)
        let most = quote(9_091, policy, rule)
        #expect(most.refusal == nil && most.breakdown.allIn == 10_000 && most.cap?.max == 9_091)
        #expect(quote(9_092, policy, rule).refusal?.code == .priceAboveCap)
        // With the least fee, no ask is within the cap.
        #expect(quote(50, face: 90, policy, rule).cap?.max == 0)
    }

    @Test func theGreatestPriceIsTheGreatestThatIsAllowed() throws {
        var random = SeededGenerator(seed: 5)
        for code in Currency.all {
            let currency = try #require(Currency(rawValue: code))
            let step = currency.facts.priceStep
            for measured in PricePolicy.Measured.allCases {
                let rule = FeeRule.sample(
                    currency, buyerBp: .random(in: 0...3_000, using: &random),
                    buyerFixed: .random(in: 0...5, using: &random) * currency.facts.chargeStep)
                let policy = PricePolicy.sample(capBp: .random(in: 5_000...15_000, using: &random), measured: measured)
                let face = Int64.random(in: 1...currency.facts.maximum / 4, using: &random)
                let greatest = try #require(quote(step, face: face, policy, rule, currency).cap?.max)
                try ensure(greatest.isMultiple(of: step), code)
                if greatest > 0 {
                    let refusal = quote(greatest, face: face, policy, rule, currency).refusal
                    try ensure(refusal?.code != .priceAboveCap, "\(code): \(greatest) of \(face)")
                }
                let above = quote(greatest + step, face: face, policy, rule, currency).refusal
                try ensure(above?.code == .priceAboveCap || above?.code == .invalid, "\(code): \(greatest) of \(face)")
            }
        }
    }

    @Test func aPolicyOnTheFaceValueNeedsOne() throws {
        let refusal = try #require(quote(5_000, face: nil).refusal)
        #expect(refusal.code == .invalid && refusal.field == "faceValue")
    }

    @Test(arguments: [
        PricePolicy.sample("NO", .announced), .sample("NO", .inForce, .none), .sample(restrictedTicketsOnly: true),
        .sample(declaredEvents: [.n(8)]), .sample(to: .n("2026-07-31")), .sample("SE"),
    ])
    func aPolicyThatDoesNotApplyLimitsNothing(policy: PricePolicy) {
        let quote = quote(90_000, face: nil, policy)
        #expect(quote.refusal == nil && quote.policy == nil && quote.pricing.policyVersion == nil)
    }

    @Test func aDeclaredEventIsLimited() {
        #expect(quote(10_001, .sample(declaredEvents: [.n(7)])).refusal?.code == .priceAboveCap)
        #expect(quote(10_001, .sample(to: .n("2026-08-01"))).refusal?.code == .priceAboveCap)
    }

    // MARK: The whole price

    @Test func theSmallestAndTheGreatestChargeAreThoseOfTheWholePrice() {
        let rule = FeeRule.sample(buyerFixed: 10)
        #expect(quote(40, face: 40, .sample("SE"), rule).refusal == nil)
        #expect(quote(39, face: 40, .sample("SE"), rule).refusal?.field == "price")
        #expect(quote(99_999_989, .sample("SE"), rule).refusal == nil)
        #expect(quote(99_999_990, .sample("SE"), rule).refusal?.code == .invalid)
    }

    // MARK: Applying

    @Test func theSameContentChangesNothing() {
        let command = ApplyPricing(
            fees: [.sample(buyerBp: 5), .sample(buyerBp: 6, from: .n("2030-01-01"))],
            policies: [.sample(), .sample("NO", .announced)])
        var book = PricingBook()
        let first = book.apply(command, now: Self.now)
        #expect(first.fees.map(\.version) == [1, 2] && first.policies.map(\.version) == [1, 2])
        let before = book
        let second = book.apply(command, now: Self.now + .seconds(1))
        #expect(second.fees.allSatisfy { !$0.isNew } && second.policies.allSatisfy { !$0.isNew })
        #expect(second.fees.map(\.version) == [1, 2] && book == before)
    }

    @Test func faultsOfACommandNameTheirPaths() {
        let command = ApplyPricing(
            fees: [.sample(), .sample(buyerBp: 5)],
            policies: [
                .sample("XX"), .sample(capBp: 100_001), .sample("NO", plus: 5),
                PricePolicy(
                    jurisdiction: "DE", name: "", status: .inForce, validFrom: .n("2026-08-02"), source: "x",
                    checkedOn: .past),
            ])
        #expect(
            command.faults(now: Self.now).map(\.path) == [
                "fees[1]", "policies[0].jurisdiction", "policies[1].capBp", "policies[2].plus", "policies[2]",
                "policies[3].name", "policies[3].validFrom",
            ])
    }
}
