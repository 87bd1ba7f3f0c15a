import Marketplace

/// The part of a listing's form that says what the tickets cost.
struct PriceFormInput: Sendable {
    let price: Int64
    let currency: Currency
    /// The original price of one ticket, or `nil` if the seller does not say.
    let faceValue: Int64?

    /// Returns `nil` if the input is invalid, and adds the faults to the form.
    ///
    /// - Parameter before: the listing to change; `nil` for a new one.
    init?(_ form: inout FormFields, changing before: ListingState? = nil, for visitor: Visitor) {
        let currency = form.currency("currency")
        let price = Self.price(&form, in: currency ?? .usd, changing: before, for: visitor)
        faceValue =
            form["faceValue"].trimmed.isEmpty
            ? nil : form.amount("faceValue", "the original price", in: currency ?? .usd, for: visitor)
        guard form.isValid, let price, let currency else { return nil }
        self.price = price
        self.currency = currency
    }

    /// A price that a seller does not change stays allowed, even if it is too low for a new listing.
    private static func price(
        _ form: inout FormFields, in currency: Currency, changing before: ListingState?, for visitor: Visitor
    ) -> Int64? {
        if let before, before.currency == currency,
            form["price"] == ListingForm.values(of: before, for: visitor)["price"]
        {
            return before.price
        }
        return form.price("price", in: currency, for: visitor)
    }
}
