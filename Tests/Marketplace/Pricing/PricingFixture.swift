@testable import Marketplace

extension Day {
    static func n(_ text: String) -> Day { Day(rawValue: text)! }
    static let past = n("2020-01-01")
}

extension FeeRule {
    static func sample(
        _ currency: Currency? = .usd, country: String? = nil, category: ShowCategory? = nil, buyerBp: Int = 0,
        buyerFixed: Int64 = 0, sellerBp: Int = 0, sellerFixed: Int64 = 0, min: Int64? = nil, max: Int64? = nil,
        from day: Day = .past
    ) -> FeeRule {
        FeeRule(
            scope: Scope(country: country, category: category, currency: currency), buyerBp: buyerBp,
            buyerFixed: buyerFixed, sellerBp: sellerBp, sellerFixed: sellerFixed, min: min, max: max, validFrom: day)
    }
}

extension PricePolicy {
    static func sample(
        _ jurisdiction: String = "NO", _ status: Status = .inForce, _ basis: Basis = .originalTotal,
        capBp: Int = 10_000, plus: Int64 = 0, currency: Currency? = nil, measured: Measured = .ask,
        declaredEvents: [ShowID]? = nil, restrictedTicketsOnly: Bool = false, to last: Day? = nil
    ) -> PricePolicy {
        PricePolicy(
            jurisdiction: jurisdiction, name: "Norway", status: status, basis: basis, capBp: capBp, plus: plus,
            currency: currency, measured: measured, declaredEventsOnly: declaredEvents != nil,
            declaredEvents: declaredEvents ?? [], restrictedTicketsOnly: restrictedTicketsOnly, validFrom: .past,
            validTo: last, source: "A law", checkedOn: .past)
    }
}

extension PricingBook {
    static func of(_ rules: FeeRule..., policies: [PricePolicy] = []) -> PricingBook {
        func stored<Content>(_ contents: [Content]) -> [Versioned<Content>] {
            contents.enumerated().map { Versioned(version: Int64($0 + 1), content: $1, appliedAt: Fixture.now) }
        }
        return PricingBook(rules: stored(rules), policies: stored(policies))
    }
}

extension PricePlace {
    static let oslo = PricePlace(country: "NO", region: "NO-03", category: .concert, eventId: .n(7))
}
