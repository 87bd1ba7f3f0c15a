import Foundation
import Marketplace
import Storage

/// The form that looks for tickets.
enum BrowseForm {
    static let sortNames: [TicketSearch.Sort: String] = [
        .soonest: "Soonest first", .cheapest: "Cheapest first", .dearest: "Dearest first",
        .newest: "Newest listings first",
    ]

    static func view(_ form: FormFields, _ filters: TicketFilters) -> View {
        let more = ["from", "to", "min", "max", "currency", "quantity"]
        return [
            "fields": [
                field(
                    "q", "What are you looking for?", .input("search"),
                    [("maxlength", "\(TicketSearch.textLimit)"), ("autocomplete", "off")], form),
                field("city", "City", .input("text"), [("maxlength", "\(EventDetails.cityLimit)")], form),
                field(
                    "sort", "Sorted",
                    .select(
                        TicketSearch.Sort.allCases.map {
                            Field.Choice(value: $0 == .soonest ? "" : $0.rawValue, text: sortNames[$0] ?? "")
                        }), [], form),
            ],
            "more": [
                field("from", "From", .input("date"), [], form), field("to", "Until", .input("date"), [], form),
                field("min", "Lowest price", .input("text"), [("inputmode", "decimal"), ("size", "8")], form),
                field("max", "Highest price", .input("text"), [("inputmode", "decimal"), ("size", "8")], form),
                field(
                    "currency", "Currency",
                    .select([.init(value: "", text: "Any")] + Currency.all.map { .init(value: $0, text: $0) }), [], form
                ),
                field(
                    "quantity", "How many together", .input("number"),
                    [("min", "1"), ("max", "\(OrderState.quantityLimit)"), ("inputmode", "numeric")], form),
            ],
            "open": more.contains { !form[$0].isEmpty }, "clear": !filters.parameters.isEmpty,
        ]
    }

    /// Each may be left empty, which nobody has to be told.
    private static func field(
        _ name: String, _ label: String, _ control: Field.Control, _ attributes: [(String, String)], _ form: FormFields
    ) -> View {
        // A browser keeps nothing in a field of days or numbers that is none: it is given back as text, to be mended.
        let isTyped = ["from", "to", "quantity"].contains(name)
        let control = isTyped && form.fault(of: name) != nil ? .input("text") : control
        var view = Field(name, label, control, isOptional: true, attributes: attributes, in: form).view
        view["optional"] = false
        return view
    }
}
