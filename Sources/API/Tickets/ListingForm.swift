import Foundation
import Marketplace

/// The form in which a listing is made and changed. Its fields are named as the JSON API's, so that what the tickets
/// service refuses finds its field.
enum ListingForm {
    static let names = eventNames + ["price", "currency", "quantity", "note"]
    /// What can't be changed any more once some of it is held or sold.
    static let eventNames = ["title", "venue", "city", "startsAt", "timeZone", "section", "row"]

    static let labels = [
        "title": "Title", "venue": "Venue", "city": "City", "startsAt": "Starts", "timeZone": "Time zone",
        "section": "Section", "row": "Row", "price": "Price of one ticket", "currency": "Currency",
        "quantity": "How many tickets", "note": "Note",
    ]

    /// What the form of a listing that there is holds.
    static func values(of state: TicketState) -> [String: String] {
        let details = state.details
        let zone = details.timeZone.flatMap(TimeZone.init(identifier:)) ?? .gmt
        return [
            "title": state.title, "venue": details.venue ?? "", "city": details.city ?? "",
            "startsAt": details.startsAt.map { FormFields.text(of: $0, in: zone) } ?? "",
            "timeZone": details.timeZone ?? "", "section": details.section ?? "", "row": details.row ?? "",
            "note": details.note ?? "", "price": FormFields.text(ofMinorUnits: state.price, in: state.currency),
            "currency": state.currency.rawValue, "quantity": String(state.quantity),
        ]
    }

    /// The template's `event`, `place`, `time`, `seat`, `price` and `more`.
    ///
    /// - Parameter isFixed: whether the event can't be changed: then it has no fields.
    static func view(_ form: FormFields, isFixed: Bool) -> View {
        func field(
            _ name: String, _ control: Field.Control = .input("text"), limit: Int? = nil, hint: String? = nil,
            isOptional: Bool = false, _ attributes: [(String, String)] = []
        ) -> View {
            let limits = limit.map { [("maxlength", String($0))] } ?? []
            return Field(
                name, labels[name] ?? name, control, hint: hint, isOptional: isOptional,
                attributes: limits + attributes, in: form
            ).view
        }
        var view: View = [
            "event": nil,
            "price": [
                field(
                    "price", hint: "As you would write it: 19.99", [("inputmode", "decimal"), ("autocomplete", "off")]),
                field("currency", .select(Currency.all.map(currency))),
            ],
            "more": [
                field(
                    "quantity", .input("number"), hint: "All alike: same price, same section, same row.",
                    [("min", "1"), ("max", String(TicketState.quantityLimit)), ("inputmode", "numeric")]),
                field(
                    "note", .textarea(rows: 4), limit: EventDetails.noteLimit,
                    hint: "What buyers should know: how you hand the tickets over, what one sees from there.",
                    isOptional: true),
            ],
        ]
        guard !isFixed else { return view }
        view["event"] =
            [
                "title": [
                    field(
                        "title", limit: TicketState.titleLimit, hint: "Who plays, or what is on.",
                        [("autocomplete", "off")])
                ],
                "place": [
                    field("venue", limit: EventDetails.venueLimit), field("city", limit: EventDetails.cityLimit),
                ],
                "time": [
                    field("startsAt", .input("datetime-local"), hint: "By the clocks of the venue."),
                    field("timeZone", .select(zones(form["timeZone"])), hint: "Of the venue."),
                ],
                "seat": [
                    field("section", limit: EventDetails.sectionLimit, isOptional: true),
                    field("row", limit: EventDetails.rowLimit, isOptional: true),
                ],
            ] as View
        return view
    }

    private static func currency(_ code: String) -> Field.Choice {
        let name = Locale(identifier: "en").localizedString(forCurrencyCode: code)
        return Field.Choice(value: code, text: name.map { "\(code), \($0)" } ?? code)
    }

    private static func zones(_ chosen: String) -> [Field.Choice] {
        var names = Zones.names
        // One that the list has under another name.
        if Zones.isKnown(chosen), !names.contains(chosen) { names.insert(chosen, at: 0) }
        let none = names.contains(chosen) ? [] : [Field.Choice(value: "", text: "Choose one")]
        return none + names.map { Field.Choice(value: $0, text: $0) }
    }
}

extension FormFields {
    /// `19.99`: what ``amount(_:_:in:)`` reads.
    static func text(ofMinorUnits amount: Int64, in currency: Currency) -> String {
        let digits = currency.minorDigits
        guard digits > 0 else { return String(amount) }
        let text = String(amount)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return "\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }
}
