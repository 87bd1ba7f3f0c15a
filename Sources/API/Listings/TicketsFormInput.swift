import Marketplace

/// The part of a listing's form that says which tickets are sold.
struct TicketsFormInput: Sendable {
    let section: String?
    let row: String?
    /// The names of the seats of a new listing, or `nil` if it has none.
    let seats: [String]?
    let quantity: Int
    /// ``SplitRule/any`` if the seller restricts nothing.
    let splitRule: SplitRule
    let note: String?

    /// Returns `nil` if the input is invalid, and adds the faults to the form.
    ///
    /// - Parameters:
    ///   - before: the listing to change; `nil` for a new one.
    ///   - hasPerformance: true if a new listing is for a performance of the catalogue, so that it may have seats.
    init?(_ form: inout FormFields, changing before: ListingState? = nil, hasPerformance: Bool) {
        section = form.line("section", "a section", 0...ShowDetails.sectionLimit)
        row = form.line("row", "a row", 0...ShowDetails.rowLimit)
        seats = hasPerformance ? Self.seats(&form, section: section, row: row) : nil
        // The seats of a listing never change, so their number is always its quantity.
        let quantity =
            seats?.count ?? before.flatMap { $0.seats?.count }
            ?? form.integer("quantity", "how many tickets you sell", 1...ListingState.quantityLimit)
        let splitRule = SplitChoice.rule(&form)
        note = form.lines("note", "a note", 0...ShowDetails.noteLimit)
        guard form.isValid, let quantity, let splitRule else { return nil }
        self.quantity = quantity
        self.splitRule = splitRule
    }

    /// The seats that the form names, or `nil` if it names none.
    private static func seats(_ form: inout FormFields, section: String?, row: String?) -> [String]? {
        guard let text = form.line(ListingForm.seats, "the seat numbers", 0...SeatText.limit) else { return nil }
        guard let names = SeatText.names(text), !names.isEmpty else {
            form.fail(ListingForm.seats, "Name at most \(Seat.limit) seats: for example 11, 12, 13 or 11-14.")
            return nil
        }
        if !names.allSatisfy(SeatNames.isName) {
            form.fail(
                ListingForm.seats, "Enter seat numbers with commas between them: for example 11, 12, 13 or 11-14.")
        }
        if section == nil { form.fail("section", "Enter the section of these seats.") }
        if row == nil { form.fail("row", "Enter the row of these seats.") }
        return names
    }
}
