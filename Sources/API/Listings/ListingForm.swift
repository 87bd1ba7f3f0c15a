import Foundation
import Marketplace
import Services

/// The form to create and to change a listing. Its fields have the names of the JSON API, so that the errors of the
/// listings service match them.
enum ListingForm {
    static let names = showNames + ["price", "currency", "faceValue", "quantity", "splitRule", splitQuantities, "note"]
    /// Fields that can't be changed once a unit is reserved or sold.
    static let showNames = ["title", "venue", "city", "startsAt", whichTime, "timeZone", "section", "row"]
    /// The choice between the two occurrences of an hour that occurs twice, as seconds from UTC.
    static let whichTime = "whichTime"
    /// The time zone that the seller has confirmed although the city is known to have a different one.
    static let sameZone = "sameZone"
    /// The seat numbers of a new listing.
    static let seats = "seats"
    /// The quantities of a custom split rule.
    static let splitQuantities = "splitQuantities"

    static let labels = [
        "title": "Title", "venue": "Venue", "city": "City", "startsAt": "Starts", "timeZone": "Time zone",
        whichTime: "Which of the two times", sameZone: "Is the time zone right?",
        "section": "Section", "row": "Row", seats: "Seat numbers", "price": "Price per ticket", "currency": "Currency",
        "faceValue": "Original price per ticket",
        "quantity": "How many tickets", "splitRule": "How may buyers split them?",
        splitQuantities: "Only these numbers", "note": "Note to buyers",
    ]

    /// The form's values for an existing listing.
    static func values(of state: ListingState, for visitor: Visitor) -> [String: String] {
        let details = state.details
        let zone = details.timeZone.flatMap(TimeZone.init(identifier:)) ?? .gmt
        return [
            "title": state.title, "venue": details.venue ?? "", "city": details.city ?? "",
            "startsAt": details.startsAt.map { LocalTime.text(of: $0, in: zone) } ?? "",
            whichTime: details.startsAt.map { LocalTime.choice(of: $0, in: zone) } ?? "",
            "timeZone": details.timeZone ?? "", "section": details.section ?? "", "row": details.row ?? "",
            "note": details.note ?? "", "price": visitor.typedAmount(state.price, state.currency),
            "currency": state.currency.rawValue,
            "faceValue": state.pricing?.faceValue.map { visitor.typedAmount($0, state.currency) } ?? "",
            "quantity": String(state.quantity),
        ].merging(SplitChoice.values(of: state.splitRule)) { $1 }
    }

    /// Values of the template `listing-fields`.
    ///
    /// - Parameters:
    ///   - isFixed: if true, the show can't be changed, so its fields are left out.
    ///   - hasPerformance: if true, the facts of the show are those of a performance, and only the section and the row
    ///     can be changed.
    ///   - isNew: if true, seats of a performance can be named.
    ///   - hasSeats: if true, the listing has seats, which can't be changed.
    static func view(
        _ form: FormFields, isFixed: Bool, hasPerformance: Bool = false, isNew: Bool = false, hasSeats: Bool = false,
        for visitor: Visitor
    ) -> View {
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
        let seat = [
            field("section", limit: ShowDetails.sectionLimit, isOptional: true),
            field("row", limit: ShowDetails.rowLimit, isOptional: true),
        ]
        let numbers = field(
            seats,
            hint:
                "For example 11, 12, 13 or 11-14. Buyers see which seats they get. Nobody else can list these seats here.",
            isOptional: true, [("maxlength", String(SeatText.limit)), ("autocomplete", "off")])
        let quantity: [View] =
            hasSeats
            ? []
            : [
                field(
                    "quantity", .input("number"),
                    hint: "They must be next to each other and cost the same."
                        + (hasPerformance && isNew ? " If you enter seat numbers, we count the seats instead." : ""),
                    isOptional: !form[seats].trimmed.isEmpty,
                    [("min", "1"), ("max", String(ListingState.quantityLimit)), ("inputmode", "numeric")])
            ]
        var view: View = [
            "event": nil,
            "place": hasPerformance && !isFixed && !hasSeats
                ? ["seat": seat, "numbers": isNew ? numbers : nil] as View : nil,
            "price": [
                field(
                    "price", hint: "For example \(visitor.typedAmount(1999, .usd)).",
                    [("inputmode", "decimal"), ("autocomplete", "off")]),
                field("currency", .select(currencies)),
            ],
            "faceValue": [
                field(
                    "faceValue",
                    hint:
                        "What one ticket cost at first, with all fees. Some laws limit the resale price by it. Buyers see it.",
                    isOptional: true, [("inputmode", "decimal"), ("autocomplete", "off")])
            ],
            "more": quantity + [
                field("splitRule", .select(SplitChoice.all)),
                field(
                    splitQuantities, hint: "If you chose “Only these numbers”: for example 2, 4.", isOptional: true,
                    [("maxlength", "250"), ("autocomplete", "off")]),
                field(
                    "note", .textarea(rows: 4), limit: ShowDetails.noteLimit,
                    hint: "Tell buyers how they get the tickets, and what the view is like.",
                    isOptional: true),
            ],
        ]
        guard !isFixed, !hasPerformance else { return view }
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
                "timeQuestions": timeQuestions(form).map { name, choices in field(name, .select(choices)) },
                "seat": seat,
            ] as View
        return view
    }

    private static let currencies: [Field.Choice] = Currency.all.map { code in
        let name = Locale(identifier: "en").localizedString(forCurrencyCode: code)
        return Field.Choice(value: code, text: name.map { "\(code), \($0)" } ?? code)
    }

    /// The questions that the time raises: which of two equal times is meant, and whether the zone is right.
    private static func timeQuestions(_ form: FormFields) -> [(name: String, choices: [Field.Choice])] {
        guard let zone = TimeZones.known(form["timeZone"]) else { return [] }
        var questions: [(String, [Field.Choice])] = []
        let moments = LocalTime.moments(form["startsAt"].trimmed, in: zone) ?? []
        if moments.count == 2 { questions.append((whichTime, choices(moments, in: zone))) }
        let known = moments.first.flatMap { KnownCity.otherTimeZone(of: form["city"], than: zone, at: $0.date) }
        if known != nil, form.fault(of: "timeZone") != nil || !form[sameZone].isEmpty {
            let yes = Field.Choice(value: zone.identifier, text: "Yes, it is \(zone.identifier)")
            questions.append((sameZone, [Field.Choice(value: "", text: "No, I'll choose a different one above"), yes]))
        }
        return questions
    }

    private static func choices(_ moments: [Timestamp], in zone: TimeZone) -> [Field.Choice] {
        let texts = ["The first one, before clocks go back", "The second one, after clocks go back"]
        let choices = zip(moments, texts).map {
            Field.Choice(value: String(zone.secondsFromGMT(for: $0.date)), text: $1)
        }
        return [Field.Choice(value: "", text: "Choose")] + choices
    }

    /// The question that asks which of two equal times is meant, or `nil` if the time occurs once.
    static func whichTimeField(_ form: FormFields, in zone: TimeZone?) -> Field? {
        guard let zone, let moments = LocalTime.moments(form["startsAt"].trimmed, in: zone), moments.count == 2 else {
            return nil
        }
        return Field(whichTime, labels[whichTime] ?? "", .select(choices(moments, in: zone)), in: form)
    }

    static func zones(_ chosen: String) -> [Field.Choice] {
        var names = TimeZones.names
        // Adds a chosen zone that the list contains only under another name.
        if TimeZones.isGeographical(chosen), !names.contains(chosen) { names.insert(chosen, at: 0) }
        let none = names.contains(chosen) ? [] : [Field.Choice(value: "", text: "Choose a time zone")]
        return none + names.map { Field.Choice(value: $0, text: $0) }
    }
}
