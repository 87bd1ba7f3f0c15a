import Marketplace

/// Shows the price of one ticket on pages: first the whole price that a buyer pays, then its parts.
enum PriceView {
    /// The words after the price of one ticket, such as `each · no fees`.
    static func each(_ price: PriceBreakdown) -> String {
        price.allIn == price.ask ? "each · no fees" : "each · fees included"
    }

    /// Values of the template `price-details`, or nil if the buyer pays only the seller's price.
    static func details(_ price: PriceBreakdown, _ currency: Currency, _ visitor: Visitor) -> View? {
        guard price.allIn != price.ask else { return nil }
        return ["rows": rows(price, currency, visitor)]
    }

    /// The parts of the price of one ticket, for a buyer.
    static func rows(_ price: PriceBreakdown, _ currency: Currency, _ visitor: Visitor) -> [View] {
        let parts = [
            ("Seller's price", price.ask), ("Our fee", price.buyerFee), ("Tax", price.tax),
        ]
        let rows = parts.filter { $0.1 > 0 }.map { row($0.0, $0.1, currency, visitor) }
        return rows + [row("You pay for each ticket", price.allIn, currency, visitor)]
    }

    private static func row(_ name: String, _ amount: Int64, _ currency: Currency, _ visitor: Visitor) -> View {
        ["name": name, "amount": visitor.formattedPrice(amount, currency)]
    }

    /// A rate and a fixed amount: `5 % + €0.50`, or nil if both are zero.
    static func rate(
        _ basisPoints: Int, _ fixed: Int64, _ currency: Currency?, _ visitor: Visitor
    ) -> String? {
        var parts: [String] = []
        if basisPoints > 0 { parts.append(percent(basisPoints)) }
        if fixed > 0, let currency { parts.append(visitor.formattedPrice(fixed, currency)) }
        return parts.isEmpty ? nil : parts.joined(separator: " + ")
    }

    /// Basis points (hundredths of a percent) as a percentage: `2.5 %`.
    static func percent(_ basisPoints: Int) -> String {
        let hundredths = basisPoints % 100
        if hundredths == 0 { return "\(basisPoints / 100) %" }
        let digits = hundredths % 10 == 0 ? "\(hundredths / 10)" : (hundredths < 10 ? "0" : "") + "\(hundredths)"
        return "\(basisPoints / 100).\(digits) %"
    }
}
