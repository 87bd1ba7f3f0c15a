import Foundation
import Marketplace
import Services

extension ListingSheet {
    /// The request of one row of an upload.
    enum Request: Sendable {
        case unchanged
        case change(ListingBatch.Change)
        /// Nothing is sent. The text gives the reasons.
        case refused(String)
    }
}

extension ListingSheet.Row {
    var title: String { cells[.event] ?? "" }

    /// The change of an existing listing: the cells that differ from the listing's.
    func request(
        changing listing: Listing, by requester: Requester, for visitor: Visitor, now: Timestamp
    ) -> ListingSheet.Request {
        let current = ListingSheet.cells(of: listing).mapValues(ImportText.line)
        let changed = Set(cells.filter { current[$0.key] != $0.value }.keys)
        guard !changed.isEmpty else { return .unchanged }
        let state = listing.state
        if changed.contains(.seats) || changed.contains(.performance) {
            return .refused("A listing's seats and event can't be changed. Remove the listing and make a new one.")
        }
        let showChanges = changed.contains { $0.isOfShow }
        if showChanges, state.performanceId != nil {
            return .refused("The event's name, date and place can't be changed here: they follow the event.")
        }
        var withdrawn: Bool?
        if changed.contains(.onSale) {
            guard let isOnSale = yesOrNo(.onSale) else { return .refused("on_sale: Enter yes or no.") }
            withdrawn = !isOnSale
        }
        var values = ListingForm.values(of: state, for: visitor)
        for column in changed { set(column, in: &values) }
        useNotation(of: visitor, in: &values)
        // Fields that are left out stay unchanged, even if their values are not allowed any more.
        let seatNames = ["section", "row"]
        if !showChanges { for name in ListingForm.showNames where !seatNames.contains(name) { values[name] = nil } }
        if changed.isDisjoint(with: [.section, .row]) { for name in seatNames { values[name] = nil } }
        var form = FormFields(values)
        guard let input = ListingFormInput(&form, changing: state, for: visitor, now: now) else {
            return .refused(faults(of: form))
        }
        let isPriced = changed.contains(.price) || changed.contains(.currency)
        return .change(
            .change(
                ChangeListing(
                    ticketId: state.id, title: input.title, price: isPriced ? input.price : nil,
                    currency: isPriced ? input.currency : nil,
                    faceValue: changed.contains(.faceValue) ? input.faceValue : nil,
                    quantity: changed.contains(.quantity) ? input.quantity : nil,
                    splitRule: changed.contains(.split) ? input.splitRule : nil, details: input.details,
                    withdrawn: withdrawn, ifVersion: state.version, userVersion: requester.version)))
    }

    /// A new listing.
    func request(
        creatingIn performance: ListedPerformance?, by requester: Requester, for visitor: Visitor, now: Timestamp
    ) -> ListingSheet.Request {
        if performance == nil, !(cells[.seats] ?? "").isEmpty {
            return .refused("seats: To sell numbered seats, give the event's id in the column “performance”.")
        }
        if !(cells[.onSale] ?? "").isEmpty, yesOrNo(.onSale) != true {
            return .refused("on_sale: A new listing goes on sale immediately. Enter yes, or leave the cell empty.")
        }
        var values: [String: String] = [:]
        for column in cells.keys { set(column, in: &values) }
        useNotation(of: visitor, in: &values)
        var form = FormFields(values)
        guard
            let input = ListingFormInput(
                &form, changing: nil, performance: performance?.state, for: visitor, now: now),
            let title = input.title
        else { return .refused(faults(of: form)) }
        return .change(.create(input.creation(title, of: performance, by: requester)))
    }

    /// Sets the form's fields for a cell.
    private func set(_ column: ListingSheet.Column, in values: inout [String: String]) {
        guard let field = column.field, let text = cells[column] else { return }
        values[field] = text
        if column == .split, let rule = SplitRule(rawValue: text) {
            values.merge(SplitChoice.values(of: rule)) { $1 }
        }
        // If the time changes, an earlier choice between two equal times no longer applies.
        if column == .date { values[ListingForm.whichTime] = "" }
    }

    /// Converts amounts with a decimal point, as downloads have them, to the notation of the visitor's region, in which
    /// the form reads them. Otherwise, `1.240` Kuwaiti dinars would be 1240 where a point separates thousands.
    private func useNotation(of visitor: Visitor, in values: inout [String: String]) {
        guard let currency = values["currency"].flatMap({ Currency(rawValue: $0.uppercased()) }) else { return }
        for column in [ListingSheet.Column.price, .faceValue] {
            guard let field = column.field, let text = cells[column], text.utf8.count <= 64,
                let decimals = text.wholeMatch(of: #/[0-9]+\.([0-9]+)/#)?.output.1, values[field] == text,
                decimals.count <= currency.minorDigits,
                let amount = try? TypedAmount.minorUnits(of: text, in: currency)
            else { continue }
            values[field] = visitor.typedAmount(amount, currency)
        }
    }

    private func yesOrNo(_ column: ListingSheet.Column) -> Bool? {
        switch cells[column]?.lowercased() {
        case "yes", "true", "1": true
        case "no", "false", "0": false
        default: nil
        }
    }

    /// The form's faults, each with the name of its column.
    private func faults(of form: FormFields) -> String {
        let columns = ListingSheet.Column.allCases
        return form.faults.map { fault in
            let column = columns.first { $0.field == fault.field }?.rawValue ?? fault.field
            return column.map { "\($0): \(fault.message)" } ?? fault.message
        }.joined(separator: " ")
    }
}
