import Foundation
import Marketplace
import Services
import Storage

/// The form that searches for listings.
enum BrowseForm {
    static let sortNames: [ListingSearch.Sort: String] = [
        .soonest: "Date", .cheapest: "Price: low to high", .dearest: "Price: high to low", .newest: "Newest listing",
    ]

    /// Maximum number of cities that the form suggests. Visitors can type others.
    private static let citySuggestions = 200

    static func view(
        _ form: FormFields, _ filters: SearchFilters, _ choices: SearchChoices, _ visitor: Visitor
    ) -> View {
        let chosen = filters.search.currency?.rawValue
        let currencies = Set(choices.currencies + [chosen, visitor.currency?.rawValue].compactMap(\.self)).sorted()
        let more = ["from", "to", "min", "max", "currency", "quantity"]
        return [
            "fields": [
                field(
                    "q", "What are you looking for?", .input("search"),
                    [("maxlength", "\(ListingSearch.textLimit)"), ("autocomplete", "off")], form),
                field(
                    "city", "City", .input("text"),
                    [("maxlength", "\(ShowDetails.cityLimit)"), ("list", "cities"), ("autocomplete", "off")], form),
                field(
                    "sort", "Sort by",
                    .select(
                        ListingSearch.Sort.allCases.map {
                            Field.Choice(value: $0 == .soonest ? "" : $0.rawValue, text: sortNames[$0] ?? "")
                        }), [], form),
            ],
            "cities": Array(choices.cities.prefix(citySuggestions)),
            "more": [
                field("from", "From", .input("date"), [], form), field("to", "Until", .input("date"), [], form),
                field("min", "Lowest price", .input("text"), [("inputmode", "decimal"), ("size", "8")], form),
                field("max", "Highest price", .input("text"), [("inputmode", "decimal"), ("size", "8")], form),
                field(
                    "currency", "Currency",
                    .select([.init(value: "", text: "Any")] + currencies.map { .init(value: $0, text: $0) }), [], form,
                    value: chosen),
                field(
                    "quantity", "How many tickets", .input("number"),
                    [("min", "1"), ("max", "\(OrderState.quantityLimit)"), ("inputmode", "numeric")], form),
            ],
            "open": more.contains { !form[$0].isEmpty } || filters.presetCurrency != nil,
            "clear": !filters.parameters.isEmpty,
        ]
    }

    /// All fields are optional, so none is marked as optional.
    private static func field(
        _ name: String, _ label: String, _ control: Field.Control, _ attributes: [(String, String)], _ form: FormFields,
        value: String? = nil
    ) -> View {
        // Browsers clear a date or number field whose value is invalid. A text field lets the visitor correct the
        // value.
        let isDateOrNumber = ["from", "to", "quantity"].contains(name)
        let control = isDateOrNumber && form.fault(of: name) != nil ? .input("text") : control
        var field = Field(name, label, control, isOptional: true, attributes: attributes, in: form)
        if let value { field.value = value }
        var view = field.view
        view["optional"] = false
        return view
    }
}
