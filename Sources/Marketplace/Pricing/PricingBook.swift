/// The stored fee rules and price policies, and those that a batch adds.
public struct PricingBook: Hashable, Sendable {
    public typealias StoredRule = Versioned<FeeRule>
    public typealias StoredPolicy = Versioned<PricePolicy>

    /// The rules, in no particular order: for each scope and first day, the latest stored version and those that the
    /// batch has added.
    public internal(set) var rules: [StoredRule]
    /// The policies, in no particular order: for each jurisdiction, the latest stored announced version, the latest
    /// stored other version, and those that the batch has added.
    public internal(set) var policies: [StoredPolicy]
    public internal(set) var insertedRules: [StoredRule] = []
    public internal(set) var insertedPolicies: [StoredPolicy] = []

    /// - Parameters:
    ///   - rules: For each scope and first day, the rule with the greatest version.
    ///   - policies: For each jurisdiction, the latest announced version and the latest other version.
    public init(rules: [StoredRule] = [], policies: [StoredPolicy] = []) {
        self.rules = rules
        self.policies = policies
    }

    /// Maximum number of stored rows of each table, including old versions.
    public static let rowLimit = 5_000
}

// MARK: - Applicable rules and policies

extension PricingBook {
    /// The rule for a listing: the latest rule in force of the most specific scope.
    public func rule(at place: PricePlace, _ currency: Currency, now: Timestamp) -> StoredRule? {
        guard let today = Day(of: now) else { return nil }
        return rules.filter { $0.content.validFrom <= today && $0.content.scope.matches(place, currency) }
            .max { Self.precedence($0) < Self.precedence($1) }
    }

    private static func precedence(_ rule: StoredRule) -> (Int, Day, Int64) {
        (rule.content.scope.specificity, rule.content.validFrom, rule.version)
    }

    /// The rules in force, the most specific first.
    public func rulesInForce(now: Timestamp) -> [StoredRule] {
        guard let today = Day(of: now) else { return [] }
        let begun = Dictionary(grouping: rules.filter { $0.content.validFrom <= today }, by: \.content.id)
        return begun.values.compactMap { $0.max { Self.precedence($0) < Self.precedence($1) } }
            .sorted {
                ($1.content.scope.specificity, $0.content.id) < ($0.content.scope.specificity, $1.content.id)
            }
    }

    /// The policies that are current or announced, by jurisdiction.
    public var shownPolicies: [StoredPolicy] {
        jurisdictions.flatMap { [current(in: $0), announced(in: $0)].compactMap(\.self) }
    }

    /// The jurisdictions whose current or announced policy limits prices, and their names.
    public var places: [(code: String, name: String)] {
        jurisdictions.compactMap { code in
            let policies = [current(in: code), announced(in: code)].compactMap(\.self).map(\.content)
            return policies.first { $0.basis != .none }.map { (code, $0.name) }
        }
    }

    private var jurisdictions: [String] { Set(policies.map(\.content.jurisdiction)).sorted() }

    /// The policy of a place: that of its region, else that of its country, else the one for everywhere. Repealed
    /// policies do not count. A listing without a performance has no country, and so no policy.
    public func policy(at place: PricePlace) -> StoredPolicy? {
        guard let country = place.country else { return nil }
        return [place.region, country, PricePolicy.everywhere].compactMap(\.self).lazy
            .compactMap { current(in: $0) }.first
    }

    /// The latest policy that is not merely announced, or nil if there is none or if it is a repeal.
    public func current(in jurisdiction: String) -> StoredPolicy? {
        let latest = latest(in: jurisdiction, isAnnounced: false)
        return latest?.content.status == .repealed ? nil : latest
    }

    /// The announced policy, or nil if there is none or a later version has replaced it.
    public func announced(in jurisdiction: String) -> StoredPolicy? {
        guard let announced = latest(in: jurisdiction, isAnnounced: true) else { return nil }
        let other = latest(in: jurisdiction, isAnnounced: false)
        return other.map { $0.version > announced.version } == true ? nil : announced
    }

    func latest(in jurisdiction: String, isAnnounced: Bool) -> StoredPolicy? {
        policies.filter {
            $0.content.jurisdiction == jurisdiction && ($0.content.status == .announced) == isAnnounced
        }.max { $0.version < $1.version }
    }

    /// The greatest version of the policies that may apply in a country. A listing that was checked against this
    /// version need not be checked again.
    public func revision(of country: String) -> Int64 {
        policies.filter { policy in policy.content.country.map { $0 == country } ?? true }.map(\.version).max() ?? 0
    }
}

// MARK: - Prices

/// The decision about the price of one ticket.
public struct PriceQuote: Hashable, Sendable {
    public var breakdown: PriceBreakdown
    public var pricing: UnitPricing
    /// The limit of the policy, if one applies and the face value is known.
    public var cap: PriceCap?
    /// The policy that limits the price, if there is one.
    public var policy: Versioned<PricePolicy>?
    /// Why such a ticket can't be listed, or nil if it can.
    public var refusal: Refusal?
}

extension PricingBook {
    /// - Parameters:
    ///   - ask: 1 to ``Price/limit``.
    ///   - faceValue: 1 to ``Price/limit``, or nil if the seller declares none.
    public func quote(
        ask: Int64, _ currency: Currency, faceValue: Int64?, at place: PricePlace, now: Timestamp
    ) -> PriceQuote {
        let rule = rule(at: place, currency, now: now)
        let breakdown = PriceBreakdown(ask: ask, rule?.content, in: currency)
        var quote = PriceQuote(
            breakdown: breakdown,
            pricing: UnitPricing(
                buyerFee: breakdown.buyerFee, sellerFee: breakdown.sellerFee, tax: breakdown.tax,
                feeVersion: rule?.version, faceValue: faceValue))
        quote.refusal = Self.fault(of: breakdown, in: currency).map {
            Refusal(.invalid, "The price \($0).", field: "price")
        }
        check(&quote, rule?.content, currency, at: place, now: now)
        return quote
    }

    /// The refusal of a stored price by the current policies, or nil if they allow it.
    public func refusal(
        of ask: Int64, _ pricing: UnitPricing?, _ currency: Currency, at place: PricePlace, now: Timestamp
    ) -> Refusal? {
        // The current rule, because the message tells the seller the greatest price that they can set now.
        let rule = rule(at: place, currency, now: now)
        var quote = PriceQuote(breakdown: pricing.breakdown(of: ask), pricing: pricing ?? UnitPricing())
        check(&quote, rule?.content, currency, at: place, now: now)
        return quote.refusal
    }

    private func check(
        _ quote: inout PriceQuote, _ rule: FeeRule?, _ currency: Currency, at place: PricePlace, now: Timestamp
    ) {
        guard let stored = policy(at: place), stored.content.limits(place, now: now) else { return }
        let policy = stored.content
        quote.policy = stored
        quote.pricing.policyVersion = stored.version
        guard let faceValue = quote.pricing.faceValue else {
            quote.refusal =
                quote.refusal
                ?? Refusal(
                    .invalid,
                    "Enter \(policy.basis == .faceValue ? "the face value" : "what the ticket cost"): in "
                        + "\(policy.name) a ticket may be resold for at most \(policy.limitText(in: currency)).",
                    field: "faceValue")
            return
        }
        let cap = PriceCap(
            max: policy.greatestAsk(of: faceValue, rule, in: currency), basis: policy.basis,
            policy: policy.jurisdiction, place: policy.name, policyVersion: stored.version, source: policy.source,
            limit: policy.limitText(in: currency))
        quote.cap = cap
        let measured =
            policy.measured == .ask
            ? quote.breakdown.ask : quote.breakdown.ask + quote.breakdown.buyerFee
        guard measured > policy.greatest(of: faceValue, in: currency) else { return }
        var refusal = Refusal(.priceAboveCap, cap.sentence(currency.text(cap.max)), field: "price")
        refusal.cap = cap
        quote.refusal = quote.refusal ?? refusal
    }

    /// Says which rule of the currency a price breaks, as the end of a sentence that begins with "The price". The whole
    /// price, with fees, must be between the smallest and the greatest charge.
    static func fault(of price: PriceBreakdown, in currency: Currency) -> String? {
        if let fault = Price.fault(ofAsk: price.ask, in: currency) { return fault }
        let facts = currency.facts
        guard price.allIn >= facts.minimum else {
            return "must be at least \(currency.text(facts.minimum)), the smallest card payment"
        }
        guard price.allIn <= facts.maximum else {
            return "is too high: with the buyer's fee it would be \(currency.text(price.allIn)), and a card can pay "
                + "\(currency.text(facts.maximum))"
        }
        return nil
    }
}
