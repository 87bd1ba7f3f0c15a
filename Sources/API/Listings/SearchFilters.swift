import Foundation
import HummingbirdCore
import Marketplace
import Services
import Storage

/// A search for listings, from the query of the JSON API or of the page.
struct SearchFilters: Sendable {
    var search = ListingSearch()
    /// The given parameters, unchanged, for the URLs of further pages.
    private(set) var parameters: [(name: String, value: String)] = []
    /// The currency that was set because the search needs one and the visitor chose none.
    private(set) var presetCurrency: Currency?

    /// The name of the list for cursors. It identifies exactly these filters.
    var list: String { "search" + parameters.map { String(reflecting: "\($0.name)=\($0.value)") }.joined() }

    /// Cleans and shortens a search text. Characters that no listing contains become spaces, so no text is refused.
    static func searchText(_ text: String) -> String? {
        let cleaned = text.unicodeScalars.prefix(10 * ListingSearch.textLimit).map { $0.isDisallowedInText ? " " : $0 }
        let trimmed = String(String.UnicodeScalarView(cleaned)).trimmed
        return trimmed.isEmpty
            ? nil : String(String.UnicodeScalarView(trimmed.unicodeScalars.prefix(ListingSearch.textLimit)))
    }

    private static let quantities = 1...OrderState.quantityLimit
}

// MARK: - The JSON API

extension SearchFilters {
    /// The names of the parameters of `GET /api/tickets`.
    static let queryNames: Set<String> = [
        "q", "city", "from", "to", "currency", "minPrice", "maxPrice", "quantity", "sort",
    ]

    /// - Parameter query: may contain other parameters. An empty parameter counts as missing.
    init(_ query: Query) throws(Problem) {
        parameters = Self.queryNames.sorted().compactMap { name in
            query[name].flatMap { $0.isEmpty ? nil : (name, $0) }
        }
        var values = QueryValues(query)
        let time = "a time with its offset from UTC, such as 2026-08-01T19:30:00Z"
        let currency = values.read("currency", "one of \(Currency.all.joined(separator: ", "))", Currency.inAnyCase)
        let greatest = currency?.facts.maximum ?? Price.limit
        let price = "a whole number of minor units, at most \(greatest)"
        let sorts = ListingSearch.Sort.allCases.map(\.rawValue)
        search = ListingSearch(
            text: query["q"].flatMap(Self.searchText), city: query["city"].flatMap(Self.searchText),
            // A space counts as `+`, because some clients decode the offset's `+` to a space.
            from: values.read("from", time) { Timestamp(withOffset: $0.replacing(" ", with: "+")) },
            to: values.read("to", time) { Timestamp(withOffset: $0.replacing(" ", with: "+")) },
            currency: currency,
            minPrice: values.read("minPrice", price) { Int64($0).flatMap { (0...greatest).contains($0) ? $0 : nil } },
            maxPrice: values.read("maxPrice", price) { Int64($0).flatMap { (0...greatest).contains($0) ? $0 : nil } },
            quantity: values.read("quantity", "a whole number, 1 to \(Self.quantities.upperBound)") {
                Int($0).flatMap { Self.quantities.contains($0) ? $0 : nil }
            },
            sort: values.read("sort", "one of \(sorts.joined(separator: ", "))", ListingSearch.Sort.init) ?? .newest)
        let isByPrice = search.minPrice != nil || search.maxPrice != nil || search.sort.isByPrice
        if isByPrice, search.currency == nil, !values.faults.contains(where: { $0.field == "currency" }) {
            values.fail("currency", "is required with a price, and to sort by price")
        }
        guard values.faults.isEmpty else { throw .invalid(values.faults) }
    }
}

// MARK: - The page

extension SearchFilters {
    /// The names of the parameters of the page, which are the fields of its form.
    static let pageFieldNames = ["q", "city", "from", "to", "min", "max", "currency", "quantity", "sort"]

    /// - Parameters:
    ///   - form: the parameters of the URL. Receives the faults.
    ///   - visitor: days begin and end in the visitor's time zone, and prices are in the currency of the visitor's
    ///     region unless the URL names one.
    ///   - defaultCurrency: the currency if the visitor's region has none.
    init(_ form: inout FormFields, _ visitor: Visitor, defaultCurrency: Currency) {
        let zone = visitor.zone.flatMap(TimeZone.init(identifier:)) ?? .gmt
        parameters = Self.pageFieldNames.compactMap { form[$0].isEmpty ? nil : ($0, form[$0]) }
        search.text = Self.searchText(form["q"])
        search.city = Self.searchText(form["city"])
        search.zone = visitor.zone
        search.from = Self.day("from", 0, zone, &form)
        search.to = Self.day("to", 1, zone, &form)
        if let from = search.from, let to = search.to, from >= to {
            form.fail("to", "“Until” must be on or after “From”.")
        }
        // Amounts in different currencies can't be compared, so a price or an order by price needs a currency.
        let isByPrice =
            !form["min"].trimmed.isEmpty || !form["max"].trimmed.isEmpty
            || ListingSearch.Sort(rawValue: form["sort"])?.isByPrice == true
        if !form["currency"].isEmpty {
            search.currency = form.currency("currency")
        } else if isByPrice {
            search.currency = visitor.currency ?? defaultCurrency
            parameters.append(("currency", search.currency?.rawValue ?? ""))
            presetCurrency = search.currency
        }
        search.minPrice = price("min", &form, visitor)
        search.maxPrice = price("max", &form, visitor)
        if let lowest = search.minPrice, let highest = search.maxPrice, lowest > highest {
            form.fail("max", "“Highest price” must not be below “Lowest price”.")
        }
        if !form["quantity"].trimmed.isEmpty {
            search.quantity = form.integer("quantity", "how many", Self.quantities)
        }
        if !form["sort"].isEmpty {
            if let sort = ListingSearch.Sort(rawValue: form["sort"]) {
                search.sort = sort
            } else {
                form.fail("sort", "Choose a sort order from the list.")
            }
        }
    }

    private func price(_ name: String, _ form: inout FormFields, _ visitor: Visitor) -> Int64? {
        // Without a currency, the form has a fault already.
        guard !form[name].trimmed.isEmpty, let currency = search.currency else { return nil }
        return form.amount(name, "a price", in: currency, for: visitor)
    }

    /// The start of the day that `<input type="date">` sends, or of the day that is `daysLater` days later.
    private static func day(_ name: String, _ daysLater: Int, _ zone: TimeZone, _ form: inout FormFields) -> Timestamp?
    {
        let text = form[name].trimmed
        guard !text.isEmpty else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        guard text.utf8.count == 10, let time = LocalTime.moments(text + "T12:00", in: zone)?.first,
            let day = calendar.date(byAdding: .day, value: daysLater, to: calendar.startOfDay(for: time.date))
        else {
            form.fail(name, "Enter a date such as 2027-05-31.")
            return nil
        }
        return Timestamp(seconds: Int64(day.timeIntervalSince1970))
    }
}
