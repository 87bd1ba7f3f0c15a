import Foundation
import Marketplace
import Services

/// The search of the home page, from the query of its URL.
struct EventFilters: Sendable {
    /// A period that has a link on the home page.
    enum When: String, Sendable, CaseIterable {
        case tonight, weekend

        var text: String {
            switch self {
            case .tonight: "Tonight"
            case .weekend: "This weekend"
            }
        }
    }

    let search: PerformanceSearch
    let when: When?
    /// The text as it was typed.
    let typed: String
    /// The given parameters, unchanged, for further URLs.
    let parameters: [(name: String, value: String)]

    /// The name of the list for cursors. It identifies exactly these filters.
    var list: String { "events" + parameters.map { String(reflecting: "\($0.name)=\($0.value)") }.joined() }

    private static let names = ["q", "city", "category", "when", "from", "to"]
    /// Filters that only a search for tickets has.
    static let ticketNames = ["min", "max", "currency", "quantity", "sort"]

    /// - Parameters:
    ///   - form: the parameters of the URL, without faults. Unknown categories and times count as missing.
    ///   - tickets: the same parameters, read as a search for tickets.
    init(_ form: FormFields, _ tickets: SearchFilters, _ visitor: Visitor, now: Timestamp) {
        parameters = Self.names.compactMap { form[$0].isEmpty ? nil : ($0, form[$0]) }
        typed = form["q"]
        when = When(rawValue: form["when"])
        var search = PerformanceSearch(
            text: tickets.search.text, city: tickets.search.city,
            category: PerformanceFilters.category(named: form["category"]), zone: visitor.zone,
            from: tickets.search.from, to: tickets.search.to)
        if let when {
            let days = Self.days(when, visitor.zone.flatMap(TimeZone.init(identifier:)) ?? .gmt, now: now)
            search.from = days.lowerBound
            search.to = days.upperBound
        }
        self.search = search
    }

    /// The parameters with a different value for one parameter, or without that parameter.
    func query(_ name: String, _ value: String?) -> [(String, String?)] {
        parameters.filter { $0.name != name }.map { ($0.name, String?.some($0.value)) } + [(name, value)]
    }

    /// A night ends at five in the morning, and a weekend begins on Friday at five in the afternoon. The times are in
    /// the visitor's time zone, because most people look for events nearby.
    static func days(_ when: When, _ zone: TimeZone, now: Timestamp) -> Range<Timestamp> {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        // Equal searches in the same minute share a query.
        let minute = Timestamp(seconds: now.microseconds / 60_000_000 * 60)
        func next(_ components: DateComponents) -> Timestamp {
            let date = calendar.nextDate(after: minute.date, matching: components, matchingPolicy: .nextTime)
            return date.map { Timestamp(seconds: Int64($0.timeIntervalSince1970)) } ?? minute + .seconds(86_400)
        }
        switch when {
        case .tonight:
            let morning = next(DateComponents(hour: 5))
            // Before five in the morning, “tonight” lasts until the end of the coming night.
            let isEarly = calendar.component(.hour, from: minute.date) < 5
            return minute..<(isEarly ? morning + .seconds(86_400) : morning)
        case .weekend:
            let end = next(DateComponents(hour: 5, weekday: 2))
            let start = end - .seconds(60 * 3600)
            return max(minute, start)..<end
        }
    }
}
