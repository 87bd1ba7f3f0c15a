import Foundation
import Marketplace

/// The form to create and to change a listing. Its fields have the names of the JSON API, so that the errors of the
/// listings service match them.
enum ListingForm {
    static let names = showNames + ["price", "currency", "quantity", "note"]
    /// Fields that can't be changed once a unit is reserved or sold.
    static let showNames = ["title", "venue", "city", "startsAt", "timeZone", "section", "row"]

    static let labels = [
        "title": "Title", "venue": "Venue", "city": "City", "startsAt": "Starts", "timeZone": "Time zone",
        "section": "Section", "row": "Row", "price": "Price per ticket", "currency": "Currency",
        "quantity": "How many tickets", "note": "Note to buyers",
    ]

    /// The form's values for an existing listing.
    static func values(of state: ListingState) -> [String: String] {
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

    /// Values of the template `listing-fields`.
    ///
    /// - Parameter isFixed: if true, the show can't be changed, so its fields are left out.
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
                    "price", hint: "For example 19.99.", [("inputmode", "decimal"), ("autocomplete", "off")]),
                field("currency", .select(Currency.all.map(currency))),
            ],
            "more": [
                field(
                    "quantity", .input("number"), hint: "They must be next to each other and cost the same.",
                    [("min", "1"), ("max", String(ListingState.quantityLimit)), ("inputmode", "numeric")]),
                field(
                    "note", .textarea(rows: 4), limit: ShowDetails.noteLimit,
                    hint: "Tell buyers how they get the tickets, and what the view is like.",
                    isOptional: true),
            ],
        ]
        guard !isFixed else { return view }
        view["event"] =
            [
                "title": [
                    field(
                        "title", limit: ListingState.titleLimit, hint: "The artist, teams or show.",
                        [("autocomplete", "off")])
                ],
                "place": [
                    field("venue", limit: ShowDetails.venueLimit), field("city", limit: ShowDetails.cityLimit),
                ],
                "time": [
                    field("startsAt", .input("datetime-local"), hint: "Local time at the venue."),
                    field("timeZone", .select(zones(form["timeZone"])), hint: "Time zone of the venue."),
                ],
                "seat": [
                    field("section", limit: ShowDetails.sectionLimit, isOptional: true),
                    field("row", limit: ShowDetails.rowLimit, isOptional: true),
                ],
            ] as View
        return view
    }

    private static func currency(_ code: String) -> Field.Choice {
        let name = Locale(identifier: "en").localizedString(forCurrencyCode: code)
        return Field.Choice(value: code, text: name.map { "\(code), \($0)" } ?? code)
    }

    private static func zones(_ chosen: String) -> [Field.Choice] {
        var names = TimeZones.names
        // A zone that the list contains under another name.
        if TimeZones.isKnown(chosen), !names.contains(chosen) { names.insert(chosen, at: 0) }
        let none = names.contains(chosen) ? [] : [Field.Choice(value: "", text: "Choose a time zone")]
        return none + names.map { Field.Choice(value: $0, text: $0) }
    }
}

extension FormFields {
    /// Formats an amount for ``amount(_:_:in:)``: `19.99`.
    static func text(ofMinorUnits amount: Int64, in currency: Currency) -> String {
        let digits = currency.minorDigits
        guard digits > 0 else { return String(amount) }
        let text = String(amount)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return "\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }
}
