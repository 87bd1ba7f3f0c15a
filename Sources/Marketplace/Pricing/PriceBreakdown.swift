/// The price of one ticket, in minor units.
public struct PriceBreakdown: Hashable, Sendable {
    /// The seller's price, before fees.
    public var ask: Int64
    /// The fee that the buyer pays on top.
    public var buyerFee: Int64
    /// The fee that is taken from the seller's price.
    public var sellerFee: Int64
    /// Taxes that the buyer pays on top. No rule of this build adds any.
    public var tax: Int64

    public init(ask: Int64, buyerFee: Int64 = 0, sellerFee: Int64 = 0, tax: Int64 = 0) {
        self.ask = ask
        self.buyerFee = buyerFee
        self.sellerFee = sellerFee
        self.tax = tax
    }

    /// - Parameters:
    ///   - ask: 1 to ``Price/limit``.
    ///   - rule: The rule that applies, or nil for no fees.
    public init(ask: Int64, _ rule: FeeRule?, in currency: Currency) {
        self.init(
            ask: ask, buyerFee: rule?.buyerFee(of: ask, in: currency) ?? 0,
            sellerFee: rule?.sellerFee(of: ask, in: currency) ?? 0)
    }

    /// The whole price that the buyer pays.
    public var allIn: Int64 { ask + buyerFee + tax }
    /// The part that the seller gets.
    public var youGet: Int64 { ask - sellerFee }
}

extension PriceBreakdown: Codable {
    private enum CodingKeys: CodingKey {
        case ask, buyerFee, tax, allIn, sellerFee, youGet
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            ask: try container.decode(Int64.self, forKey: .ask),
            buyerFee: try container.decode(Int64.self, forKey: .buyerFee),
            sellerFee: try container.decode(Int64.self, forKey: .sellerFee),
            tax: try container.decode(Int64.self, forKey: .tax))
    }

    /// Writes the sums, too.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ask, forKey: .ask)
        try container.encode(buyerFee, forKey: .buyerFee)
        try container.encode(tax, forKey: .tax)
        try container.encode(allIn, forKey: .allIn)
        try container.encode(sellerFee, forKey: .sellerFee)
        try container.encode(youGet, forKey: .youGet)
    }
}
