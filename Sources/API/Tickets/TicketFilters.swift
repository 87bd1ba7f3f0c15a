import Foundation
import HummingbirdCore
import Marketplace
import Storage

/// What the query of an address looks for among the tickets.
struct TicketFilters: Sendable {
    var search = TicketSearch()
    /// The parameters that were given, as they were given: for the addresses of further pages.
    private(set) var parameters: [(name: String, value: String)] = []

    /// The list that a cursor is of: that of exactly these filters.
    var list: String { "search" + parameters.map { String(reflecting: "\($0.name)=\($0.value)") }.joined() }

    /// What is looked for, where it is text: without what no text of a listing has, and no longer than is looked at. Any
    /// text can be looked for, so nothing of it is refused.
    private static func words(_ text: String) -> String? {
        let welcome = text.unicodeScalars.prefix(10 * TicketSearch.textLimit).map { $0.isUnwelcome ? " " : $0 }
        let words = String(String.UnicodeScalarView(welcome)).trimmed
        return words.isEmpty
            ? nil : String(String.UnicodeScalarView(words.unicodeScalars.prefix(TicketSearch.textLimit)))
    }

    private static let quantities = 1...OrderState.quantityLimit
}

// MARK: - The JSON API

extension TicketFilters {
    static let names: Set<String> = [
        "q", "city", "from", "to", "currency", "minPrice", "maxPrice", "quantity", "sort",
    ]

    /// - Parameter query: may have further parameters. An empty one counts as none.
    init(_ query: Query) throws(Problem) {
        parameters = Self.names.sorted().compactMap { name in
            query[name].flatMap { $0.isEmpty ? nil : (name, $0) }
        }
        var faults: [Problem.Fault] = []
        func read<Value>(_ name: String, _ wanted: String, _ make: (String) -> Value?) -> Value? {
            guard let text = parameters.first(where: { $0.name == name })?.value else { return nil }
            let value = make(text)
            if value == nil { faults.append(.init(message: "must be \(wanted)", field: name)) }
            return value
        }
        let time = "a time with its offset from UTC: 2026-08-01T19:30:00Z"
        let price = "a whole number of minor units, at most \(Price.limit)"
        let sorts = TicketSearch.Sort.allCases.map(\.rawValue)
        search = TicketSearch(
            text: query["q"].flatMap(Self.words), city: query["city"].flatMap(Self.words),
            // A space is what `+` becomes in a query.
            from: read("from", time) { Timestamp(withOffset: $0.replacing(" ", with: "+")) },
            to: read("to", time) { Timestamp(withOffset: $0.replacing(" ", with: "+")) },
            currency: read("currency", "one of \(Currency.all.joined(separator: ", "))", Currency.init),
            minPrice: read("minPrice", price) { Int64($0).flatMap { (0...Price.limit).contains($0) ? $0 : nil } },
            maxPrice: read("maxPrice", price) { Int64($0).flatMap { (0...Price.limit).contains($0) ? $0 : nil } },
            quantity: read("quantity", "a whole number, 1 to \(Self.quantities.upperBound)") {
                Int($0).flatMap { Self.quantities.contains($0) ? $0 : nil }
            },
            sort: read("sort", "one of \(sorts.joined(separator: ", "))", TicketSearch.Sort.init) ?? .newest)
        if search.minPrice != nil || search.maxPrice != nil, search.currency == nil {
            faults.append(.init(message: "is required with a price", field: "currency"))
        }
        guard faults.isEmpty else { throw .invalid(faults) }
    }
}

// MARK: - The page

extension TicketFilters {
    static let fieldNames = ["q", "city", "from", "to", "min", "max", "currency", "quantity", "sort"]

    /// - Parameters:
    ///   - form: the address's parameters, to which its faults are added.
    ///   - zone: in which the visitor's days begin and end.
    init(_ form: inout FormFields, zone: TimeZone) {
        parameters = Self.fieldNames.compactMap { form[$0].isEmpty ? nil : ($0, form[$0]) }
        search.text = Self.words(form["q"])
        search.city = Self.words(form["city"])
        search.from = Self.day("from", 0, zone, &form)
        search.to = Self.day("to", 1, zone, &form)
        if let from = search.from, let to = search.to, from >= to {
            form.fail("to", "Choose a day that is not before.")
        }
        if !form["currency"].isEmpty { search.currency = form.currency("currency") }
        search.minPrice = price("min", &form)
        search.maxPrice = price("max", &form)
        if let lowest = search.minPrice, let highest = search.maxPrice, lowest > highest {
            form.fail("max", "Enter a price that is not lower.")
        }
        if !form["quantity"].trimmed.isEmpty {
            search.quantity = form.integer("quantity", "how many", Self.quantities)
        }
        if !form["sort"].isEmpty {
            if let sort = TicketSearch.Sort(rawValue: form["sort"]) {
                search.sort = sort
            } else {
                form.fail("sort", "Choose one of the list.")
            }
        }
    }

    private func price(_ name: String, _ form: inout FormFields) -> Int64? {
        guard !form[name].trimmed.isEmpty else { return nil }
        guard let currency = search.currency else {
            if form.fault(of: "currency") == nil { form.fail("currency", "Choose the currency of the price.") }
            return nil
        }
        return form.amount(name, "a price", in: currency)
    }

    /// A day as `<input type="date">` sends it: its beginning, or that of some day after.
    private static func day(_ name: String, _ after: Int, _ zone: TimeZone, _ form: inout FormFields) -> Timestamp? {
        let text = form[name].trimmed
        guard !text.isEmpty else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        guard text.utf8.count == 10, let time = FormFields.time(text + "T12:00", in: zone),
            let day = calendar.date(byAdding: .day, value: after, to: calendar.startOfDay(for: time.date))
        else {
            form.fail(name, "Enter a day such as 2027-05-31.")
            return nil
        }
        return Timestamp(seconds: Int64(day.timeIntervalSince1970))
    }
}
