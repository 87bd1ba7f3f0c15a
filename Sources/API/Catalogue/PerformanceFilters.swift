import Marketplace
import Services

/// A search for performances, from the query of the JSON API.
struct PerformanceFilters: Sendable {
    private(set) var search = PerformanceSearch()
    /// The given parameters, unchanged, for the URLs of further pages.
    let parameters: [(name: String, value: String)]

    /// The name of the list for cursors. It identifies exactly these filters.
    var list: String { "performances" + parameters.map { String(reflecting: "\($0.name)=\($0.value)") }.joined() }

    static let names: Set<String> = ["q", "city", "country", "category", "event", "venue", "from", "to"]

    /// - Parameter query: may contain other parameters. An empty parameter counts as missing.
    init(_ query: Query) throws(Problem) {
        parameters = Self.names.sorted().compactMap { name in
            query[name].flatMap { $0.isEmpty ? nil : (name, $0) }
        }
        var values = QueryValues(query)
        let time = "a time with its offset from UTC, such as 2026-08-01T19:30:00Z"
        search = PerformanceSearch(
            text: query["q"].flatMap(SearchFilters.searchText), city: query["city"].flatMap(SearchFilters.searchText),
            country: values.read("country", "a country code of ISO 3166-1, such as DE") { text in
                Country.isCode(text.uppercased()) ? text.uppercased() : nil
            },
            category: values.read("category", "one of \(Self.categories)", Self.category(named:)),
            eventId: values.read("event", "the id of an event") { ShowID($0) },
            venueId: values.read("venue", "the id of a venue") { VenueID($0) },
            // A space counts as `+`, because some clients decode the offset's `+` to a space.
            from: values.read("from", time) { Timestamp(withOffset: $0.replacing(" ", with: "+")) },
            to: values.read("to", time) { Timestamp(withOffset: $0.replacing(" ", with: "+")) })
        guard values.faults.isEmpty else { throw .invalid(values.faults) }
    }

    static var categories: String { ShowCategory.known.map(\.rawValue).joined(separator: ", ") }

    static func category(named name: String) -> ShowCategory? {
        let category = ShowCategory(rawValue: name)
        return ShowCategory.known.contains(category) ? category : nil
    }

    static func category(_ query: Query) throws(Problem) -> ShowCategory? {
        guard let name = query["category"], !name.isEmpty else { return nil }
        guard let category = category(named: name) else {
            throw .invalid("must be one of \(categories)", field: "category")
        }
        return category
    }
}
