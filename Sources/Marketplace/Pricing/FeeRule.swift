/// The fees of one ticket: a share of the seller's price and a fixed amount, for the buyer and for the seller.
///
/// A fee belongs to a ticket and never to an order. So the whole price of a ticket is known before a buyer chooses a
/// quantity.
public struct FeeRule: Codable, Hashable, Sendable {
    /// The listings that a rule applies to. A member that is nil matches all.
    public struct Scope: Codable, Hashable, Sendable {
        /// The venue's country. Listings without a performance have no country.
        public var country: String?
        public var category: ShowCategory?
        public var currency: Currency?

        public init(country: String? = nil, category: ShowCategory? = nil, currency: Currency? = nil) {
            self.country = country
            self.category = category
            self.currency = currency
        }

        /// The scope as text, which is also the rule's id: `DE/concert/EUR`, or `*/*/*` for all listings.
        public var id: String {
            [country, category?.rawValue, currency?.rawValue].map { $0 ?? "*" }.joined(separator: "/")
        }

        /// A number that is greater for a more specific scope. The country counts most, then the category. Two scopes
        /// that match the same listing have different numbers.
        var specificity: Int {
            (country == nil ? 0 : 4) + (category == nil ? 0 : 2) + (currency == nil ? 0 : 1)
        }

        func matches(_ place: PricePlace, _ currency: Currency) -> Bool {
            (country == nil || country == place.country) && (category == nil || category == place.category)
                && (self.currency == nil || self.currency == currency)
        }
    }

    public var scope: Scope
    /// The share of the ask that the buyer pays on top, in hundredths of a percent.
    public var buyerBp: Int
    /// The fixed amount that the buyer pays on top, in minor units of the scope's currency. All amounts are in these
    /// units.
    public var buyerFixed: Int64
    /// The share of the ask that is taken from the seller, in hundredths of a percent.
    public var sellerBp: Int
    public var sellerFixed: Int64
    /// The least and the greatest amount of each of the two fees. A fee with neither a share nor a fixed amount stays
    /// zero, and the seller's fee is never more than the ask.
    public var min: Int64?
    public var max: Int64?
    /// The first day on which the rule is in force, from midnight UTC. The rule ends when the next rule of its scope
    /// begins.
    public var validFrom: Day

    public init(
        scope: Scope, buyerBp: Int = 0, buyerFixed: Int64 = 0, sellerBp: Int = 0, sellerFixed: Int64 = 0,
        min: Int64? = nil, max: Int64? = nil, validFrom: Day
    ) {
        self.scope = scope
        self.buyerBp = buyerBp
        self.buyerFixed = buyerFixed
        self.sellerBp = sellerBp
        self.sellerFixed = sellerFixed
        self.min = min
        self.max = max
        self.validFrom = validFrom
    }

    /// The greatest share: all of the ask.
    public static let greatestShare = 10_000

    /// The faults of the rule. The path of each fault begins with `path`.
    public func faults(at path: String) -> [PricingFault] {
        var faults: [PricingFault] = []
        func fail(_ name: String, _ message: String) { faults.append(PricingFault("\(path).\(name)", message)) }
        if let country = scope.country, !Country.isCode(country) {
            fail("country", "must be a code of ISO 3166-1 such as DE")
        }
        if let category = scope.category, !ShowCategory.known.contains(category) {
            fail("category", "must be one of \(ShowCategory.known.map(\.rawValue).joined(separator: ", "))")
        }
        for (name, share) in [("buyerBp", buyerBp), ("sellerBp", sellerBp)]
        where !(0...Self.greatestShare).contains(share) {
            fail(name, "must be 0 to \(Self.greatestShare)")
        }
        let amounts: [(String, Int64?)] = [
            ("buyerFixed", buyerFixed), ("sellerFixed", sellerFixed), ("min", min), ("max", max),
        ]
        for case (let name, let amount?) in amounts {
            guard let currency = scope.currency else {
                if amount != 0 || name == "min" || name == "max" {
                    fail(name, "needs a currency: add the member currency, or leave the amount out")
                }
                continue
            }
            let facts = currency.facts
            if !(0...facts.maximum).contains(amount) {
                fail(name, "must be 0 to \(facts.maximum) minor units of \(currency)")
            } else if !amount.isMultiple(of: facts.chargeStep) {
                fail(name, "must be a multiple of \(facts.chargeStep), the smallest step of a charge in \(currency)")
            }
        }
        if let min, let max, min > max { fail("max", "must not be less than min") }
        return faults
    }
}

extension FeeRule {
    public var id: String { scope.id }

    /// - Parameter ask: 1 to ``Price/limit``.
    func buyerFee(of ask: Int64, in currency: Currency) -> Int64 {
        fee(of: ask, buyerBp, buyerFixed, in: currency)
    }

    /// The seller's fee is at most the ask, so that a seller never pays to sell a ticket.
    func sellerFee(of ask: Int64, in currency: Currency) -> Int64 {
        Swift.min(ask, fee(of: ask, sellerBp, sellerFixed, in: currency))
    }

    /// The share is rounded half up to a minor unit. Its sum with the fixed amount is then rounded half up to the
    /// currency's step of charges. A greater ask never has a smaller fee.
    ///
    /// The greatest product has 16 digits, so nothing overflows.
    private func fee(of ask: Int64, _ basisPoints: Int, _ fixed: Int64, in currency: Currency) -> Int64 {
        guard basisPoints > 0 || fixed > 0 else { return 0 }
        let share = (ask * Int64(basisPoints) + 5_000) / 10_000
        let step = currency.facts.chargeStep
        let rounded = (share + fixed + step / 2) / step * step
        return Swift.min(Swift.max(rounded, min ?? 0), max ?? .max)
    }
}
