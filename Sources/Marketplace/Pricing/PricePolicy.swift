/// A limit on the price of a resold ticket, by law or by the operator's own rule. The limits are data and not code,
/// because laws change. They are not legal advice.
public struct PricePolicy: Codable, Hashable, Sendable {
    public enum Status: String, NamedValue, Sendable, CaseIterable {
        /// A law in force.
        case inForce = "in_force"
        /// A law that is not in force yet. It is shown, but limits nothing.
        case announced
        /// A rule of the operator, which limits prices like a law.
        case `operator`
        /// Ends the policy of its jurisdiction.
        case repealed
    }

    /// The amount that the price is compared with. The seller declares it.
    public enum Basis: String, NamedValue, Sendable, CaseIterable {
        /// No amount: the policy limits no price.
        case none
        /// The price printed on the ticket.
        case faceValue = "face_value"
        /// The whole amount that the first buyer paid, with all unavoidable fees.
        case originalTotal = "original_total"
    }

    /// The price that is compared with the limit.
    public enum Measured: String, NamedValue, Sendable, CaseIterable {
        case ask
        /// The sum of the ask and the buyer's fee.
        case allInExTax = "all_in_ex_tax"
    }

    public enum Proof: String, NamedValue, Sendable, CaseIterable {
        case none, declared, document
    }

    /// The code of the venue's country (ISO 3166-1) or region (ISO 3166-2), or `*` for all places without a policy of
    /// their own.
    public var jurisdiction: String
    /// The name of the place, as it follows "In" in a sentence: `Norway`.
    public var name: String
    public var status: Status
    public var basis: Basis
    /// The greatest price, in hundredths of a percent of the basis. 10,000 is exactly the basis.
    public var capBp: Int
    /// An amount that is added to the greatest price, in minor units of ``currency``. It is not added for listings in
    /// other currencies.
    public var plus: Int64
    public var currency: Currency?
    public var measured: Measured
    /// True if only the events in ``declaredEvents`` are limited.
    public var declaredEventsOnly: Bool
    public var declaredEvents: [ShowID]
    /// True if the law limits only tickets whose resale is restricted. Listings do not contain this fact, so such a
    /// policy limits nothing.
    public var restrictedTicketsOnly: Bool
    /// True if the law forbids regular resale.
    public var occasionalOnly: Bool
    /// True if regular resale needs the organiser's permission.
    public var needsOrganiser: Bool
    public var proof: Proof
    /// The facts that this law requires an offer to state, in words.
    public var discloses: [String]
    public var validFrom: Day
    /// The last day, or nil.
    public var validTo: Day?
    public var source: String
    public var checkedOn: Day
    /// A note for the operator and for readers of the policy's page.
    public var note: String?

    public init(
        jurisdiction: String, name: String, status: Status, basis: Basis = .none, capBp: Int = 10_000,
        plus: Int64 = 0, currency: Currency? = nil, measured: Measured = .ask, declaredEventsOnly: Bool = false,
        declaredEvents: [ShowID] = [], restrictedTicketsOnly: Bool = false, occasionalOnly: Bool = false,
        needsOrganiser: Bool = false, proof: Proof = .declared, discloses: [String] = [], validFrom: Day,
        validTo: Day? = nil, source: String, checkedOn: Day, note: String? = nil
    ) {
        self.jurisdiction = jurisdiction
        self.name = name
        self.status = status
        self.basis = basis
        self.capBp = capBp
        self.plus = plus
        self.currency = currency
        self.measured = measured
        self.declaredEventsOnly = declaredEventsOnly
        self.declaredEvents = declaredEvents
        self.restrictedTicketsOnly = restrictedTicketsOnly
        self.occasionalOnly = occasionalOnly
        self.needsOrganiser = needsOrganiser
        self.proof = proof
        self.discloses = discloses
        self.validFrom = validFrom
        self.validTo = validTo
        self.source = source
        self.checkedOn = checkedOn
        self.note = note
    }

    /// The jurisdiction of a policy for all places without one of their own.
    public static let everywhere = "*"

    /// The jurisdiction's country, or nil for everywhere.
    public var country: String? { jurisdiction == Self.everywhere ? nil : String(jurisdiction.prefix(2)) }
}

extension PricePolicy {
    public static let greatestCap = 100_000
    public static let nameLimit = 80
    public static let textLimit = 500
    public static let discloseLimit = 20
    public static let declaredEventLimit = 100

    /// True if a policy can have this jurisdiction.
    public static func isJurisdiction(_ text: String) -> Bool {
        text == everywhere || Country.isCode(text)
            || Country.isCode(String(text.prefix(2))) && VenueDetails.isPlace(text, in: String(text.prefix(2)))
    }

    /// The faults of the policy. The path of each fault begins with `path`.
    ///
    /// - Parameter now: The time of the check. A law that begins later can only be announced, because the listings on
    ///   sale must be checked on its first day.
    public func faults(at path: String, now: Timestamp) -> [PricingFault] {
        var faults: [PricingFault] = []
        func fail(_ name: String, _ message: String) { faults.append(PricingFault("\(path).\(name)", message)) }
        func check(_ name: String, _ text: String?, _ limit: Int) {
            if let text, !PlainText.isLine(text, upTo: limit) {
                fail(name, "must have 1 to \(limit) characters on one line")
            }
        }
        if !Self.isJurisdiction(jurisdiction) {
            fail("jurisdiction", "must be a code of ISO 3166-1 or 3166-2 such as NO or AU-NSW, or *")
        }
        check("name", name, Self.nameLimit)
        check("source", source, Self.textLimit)
        check("note", note, Self.textLimit)
        if !(0...Self.greatestCap).contains(capBp) { fail("capBp", "must be 0 to \(Self.greatestCap)") }
        if let currency {
            if !(0...currency.facts.maximum).contains(plus) {
                fail("plus", "must be 0 to \(currency.facts.maximum) minor units of \(currency)")
            }
        } else if plus != 0 {
            fail("plus", "needs a currency: add the member currency, or leave plus out")
        }
        if discloses.count > Self.discloseLimit { fail("discloses", "must have at most \(Self.discloseLimit) texts") }
        for (index, text) in discloses.prefix(Self.discloseLimit).enumerated() {
            check("discloses[\(index)]", text, Self.textLimit)
        }
        if declaredEvents.count > Self.declaredEventLimit {
            fail("declaredEvents", "must have at most \(Self.declaredEventLimit) ids")
        }
        if !declaredEvents.isEmpty, !declaredEventsOnly {
            fail("declaredEvents", "needs declaredEventsOnly: without it the policy limits all events")
        }
        if let validTo, validTo < validFrom { fail("validTo", "must not be before validFrom") }
        if status == .inForce || status == .operator, let today = Day(of: now), validFrom > today {
            fail("validFrom", "must not be in the future: give the status announced until then")
        }
        return faults
    }
}

extension PricePolicy {
    /// True if the policy limits the prices of this place now.
    func limits(_ place: PricePlace, now: Timestamp) -> Bool {
        guard status == .inForce || status == .operator, basis != .none, !restrictedTicketsOnly else { return false }
        if let validTo, let today = Day(of: now), validTo < today { return false }
        return !declaredEventsOnly || place.eventId.map(declaredEvents.contains) ?? false
    }

    /// The greatest allowed value of the ``measured`` price, in minor units. The greatest product has 17 digits.
    func greatest(of faceValue: Int64, in currency: Currency) -> Int64 {
        faceValue * Int64(capBp) / 10_000 + (self.currency == currency ? plus : 0)
    }

    /// The greatest ask whose measured price is within the cap. It is a multiple of the currency's price step.
    func greatestAsk(of faceValue: Int64, _ rule: FeeRule?, in currency: Currency) -> Int64 {
        let greatest = Swift.min(self.greatest(of: faceValue, in: currency), currency.facts.maximum)
        let step = currency.facts.priceStep
        // A binary search over the number of steps. The fee never falls when the ask rises, so the measured price
        // always rises with the ask.
        var (low, high) = (Int64(0), greatest / step)
        guard measured == .allInExTax, rule != nil else { return high * step }
        while low < high {
            let middle = (low + high + 1) / 2
            let price = PriceBreakdown(ask: middle * step, rule, in: currency)
            if price.ask + price.buyerFee <= greatest { low = middle } else { high = middle - 1 }
        }
        return low * step
    }

    /// The limit in words: `110 % of its face value plus 2.00 USD, fees included`.
    public func limitText(in currency: Currency) -> String {
        let base = basis == .faceValue ? "its face value" : "what it cost"
        let hundredths = capBp % 100
        let percent =
            "\(capBp / 100)" + (hundredths == 0 ? "" : "." + (hundredths < 10 ? "0" : "") + "\(hundredths)")
        return (capBp == 10_000 ? base : "\(percent) % of \(base)")
            + (plus > 0 && self.currency == currency ? " plus \(currency.text(plus))" : "")
            + (measured == .allInExTax ? ", fees included" : "")
    }
}
