import Marketplace
import Services

/// The values of a draft as the forms of its steps have them.
enum DraftForm {
    static func tickets(_ content: ListingDraft.Content) -> FormFields {
        let values = [
            "section": content.section ?? "", "row": content.row ?? "",
            ListingForm.seats: content.seats.map(SeatText.typed) ?? "", "quantity": String(content.quantity),
            "note": content.note ?? "",
        ]
        return FormFields(values.merging(SplitChoice.values(of: content.splitRule)) { $1 })
    }

    /// - Parameter fallback: the currency of a draft without a price.
    static func price(_ content: ListingDraft.Content, _ fallback: Currency, for visitor: Visitor) -> FormFields {
        let currency = content.currency ?? fallback
        return FormFields([
            "price": content.price.map { visitor.typedAmount($0, currency) } ?? "", "currency": currency.rawValue,
            "faceValue": content.faceValue.map { visitor.typedAmount($0, currency) } ?? "",
        ])
    }
}

extension ListingDraft.Content {
    /// - Parameter before: the earlier content, whose price is kept.
    init(_ input: TicketsFormInput, keeping before: ListingDraft.Content?) {
        self.init(
            section: input.section, row: input.row, seats: input.seats, quantity: input.quantity,
            splitRule: input.splitRule, note: input.note, price: before?.price, currency: before?.currency,
            faceValue: before?.faceValue)
    }

    func with(_ input: PriceFormInput) -> Self {
        var content = self
        content.price = input.price
        content.currency = input.currency
        content.faceValue = input.faceValue
        return content
    }
}
