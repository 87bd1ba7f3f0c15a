/// The fees of one ticket as they were decided, with the versions of the rule and the policy. A listing stores it, and
/// an order copies it from its listing.
public struct UnitPricing: Codable, Hashable, Sendable {
    public var buyerFee: Int64
    public var sellerFee: Int64
    public var tax: Int64
    /// The version of the fee rule, or nil if none applied.
    public var feeVersion: Int64?
    /// The version of the price policy, or nil if none applied.
    public var policyVersion: Int64?
    /// The original price of the ticket, as the seller declares it, in minor units of the listing's currency.
    public var faceValue: Int64?

    public init(
        buyerFee: Int64 = 0, sellerFee: Int64 = 0, tax: Int64 = 0, feeVersion: Int64? = nil,
        policyVersion: Int64? = nil, faceValue: Int64? = nil
    ) {
        self.buyerFee = buyerFee
        self.sellerFee = sellerFee
        self.tax = tax
        self.feeVersion = feeVersion
        self.policyVersion = policyVersion
        self.faceValue = faceValue
    }

    /// The pricing, or nil if no member is set. Listings and orders without pricing are stored as they were before fees
    /// existed.
    var unlessEmpty: UnitPricing? { self == UnitPricing() ? nil : self }
}

extension Optional<UnitPricing> {
    /// The parts of the price of one ticket with these fees. Without fees, the whole price is the ask.
    public func breakdown(of ask: Int64) -> PriceBreakdown {
        PriceBreakdown(
            ask: ask, buyerFee: self?.buyerFee ?? 0, sellerFee: self?.sellerFee ?? 0, tax: self?.tax ?? 0)
    }
}
