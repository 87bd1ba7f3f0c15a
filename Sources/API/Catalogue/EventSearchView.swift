import Foundation
import Marketplace
import Services

/// The parts of the home page, where visitors search for events.
enum EventSearchView {
    /// The title of the page: `Concerts in Berlin, tonight`.
    static func title(_ filters: EventFilters) -> String {
        if let text = filters.search.text { return "Tickets for “\(text)”" }
        guard !filters.parameters.isEmpty else { return "Tickets from fans to fans" }
        let what = filters.search.category.map { CategoryView.of($0).plural } ?? "Events"
        let place = filters.search.city.map { " in \($0)" } ?? ""
        let when = filters.when.map { ", \($0.text.lowercased())" } ?? ""
        return (what == "More" ? "More events" : what) + place + when
    }

    /// The links that choose a time or a category.
    static func times(_ filters: EventFilters) -> HTML {
        let times = EventFilters.When.allCases.map { when in
            chip(when.text, "when", when.rawValue, isChosen: filters.when == when, filters)
        }
        let categories = ShowCategory.known.map { category in
            chip(
                CategoryView.of(category).plural, "category", category.rawValue,
                isChosen: filters.search.category == category, filters)
        }
        return Chip.list(times + categories)
    }

    /// The links that choose a city: the chosen city, and the cities with the most events.
    static func cities(_ cities: [String], _ filters: EventFilters) -> HTML? {
        var names = cities
        let chosen = filters.search.city
        if let chosen, !names.contains(where: { isSame($0, chosen) }) { names.insert(chosen, at: 0) }
        guard names.count > 1 || chosen != nil else { return nil }
        return Chip.list(
            names.map { name in
                chip(name, "city", name, isChosen: chosen.map { isSame($0, name) } ?? false, filters)
            })
    }

    private static func isSame(_ city: String, _ other: String) -> Bool {
        KnownCity.folded(city) == KnownCity.folded(other)
    }

    /// A link that filters by a value, or removes the filter if the value is chosen.
    private static func chip(
        _ text: String, _ name: String, _ value: String, isChosen: Bool, _ filters: EventFilters
    ) -> Chip {
        Chip(
            text: text, path: "/" + URLEncoding.query(filters.query(name, isChosen ? nil : value)),
            isChosen: isChosen, unseen: isChosen ? "Remove filter:" : nil)
    }

    // MARK: - Results

    /// Cards of events. Several dates of an event share one card.
    static func cards(
        _ performances: [PerformanceState], _ prices: [LowestPrice], _ visitor: Visitor
    ) -> HTML {
        let prices = Dictionary(grouping: prices, by: \.performanceId)
        var order: [ShowID] = []
        var dates: [ShowID: [PerformanceState]] = [:]
        for performance in performances {
            if dates[performance.eventId] == nil { order.append(performance.eventId) }
            dates[performance.eventId, default: []].append(performance)
        }
        let cards = order.compactMap { dates[$0] }.map { dates in
            let lowest = dates.flatMap { prices[$0.id] ?? [] }.sorted { $0.price < $1.price }
            let from = PerformanceView.from(lowest, in: dates[0].venue.country, visitor)
            return card(dates, from: from, visitor)
        }
        return "\(cards)"
    }

    private static func card(_ dates: [PerformanceState], from: String?, _ visitor: Visitor) -> HTML {
        let (first, last) = (dates[0], dates[dates.count - 1])
        let zone = first.venue.timeZone
        let day = visitor.venueDay(first.times.startsAt, in: zone)
        let cities = Set(dates.map(\.venue.city))
        var place = "\(first.venue.name), \(first.venue.city)"
        if cities.count > 1 {
            place = "\(first.venue.city) and \(cities.count - 1) more \(cities.count == 2 ? "city" : "cities")"
        } else if Set(dates.map(\.venueId)).count > 1 {
            place = first.venue.city
        }
        let isOne = dates.count == 1
        let path = isOne ? EventAddress.path(of: first.id) : EventAddress.path(of: first.eventId, title: first.title)
        let when = isOne ? "\(day), \(visitor.venueClock(first.times.startsAt, in: zone))" : day
        let until = isOne ? "" : " – \(visitor.venueDay(last.times.startsAt, in: last.venue.timeZone))"
        let count: HTML? = isOne ? nil : "<span class=\"badge\">\(visitor.number(dates.count)) dates</span> "
        let price: HTML =
            from.map { "<span><span class=\"soft\">from</span> <strong class=\"number\">\($0)</strong></span>" }
            ?? "<span class=\"soft\">No tickets yet</span>"
        return """
            <li class="event">
            \(CategoryView.art(of: first.category, title: first.title))
            <div class="event-what">
            <h3><a href="\(path)">\(first.title)</a></h3>
            <p><time datetime="\(first.times.startsAt.description)">\(when)</time>\(until)</p>
            <p class="soft">\(place)</p>
            </div>
            <p class="event-price">\(count)\(price)</p>
            </li>

            """
    }

    /// The corrections of a search without exact results, or `nil` if the search was not corrected.
    static func corrections(_ results: PerformanceResults, _ filters: EventFilters) -> View? {
        guard !results.corrections.isEmpty else { return nil }
        var notes = SearchNotes()
        notes.corrections = results.corrections
        return SearchNotesView.view(notes, filters.parameters)
    }

    static func nothingFound(_ filters: EventFilters) -> String {
        filters.search.text.map { "No events found for “\($0)”." } ?? "No events found."
    }

    /// Links that each drop one filter.
    static func broaderSearches(_ filters: EventFilters) -> [View] {
        let groups: [(Set<String>, String)] = [
            (["q"], "Any event"), (["city"], "Any city"), (["when", "from", "to"], "Any date"),
            (["category"], "Any category"),
        ]
        let given = groups.filter { names, _ in filters.parameters.contains { names.contains($0.name) } }
        guard given.count > 1 else { return [] }
        return given.map { names, text in
            let others = filters.parameters.filter { !names.contains($0.name) }
                .map { ($0.name, String?.some($0.value)) }
            return ["text": text, "path": "/" + URLEncoding.query(others)] as View
        }
    }
}
