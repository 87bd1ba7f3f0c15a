import Foundation
import Marketplace
import PostgresClient
import Storage

/// A search as SQL, with its text parsed.
struct SearchQuery: Sendable {
    let search: ListingSearch
    var text: SearchText
    /// The name of the city, and its names in other languages. Empty without a city.
    var cities: [String]

    init(_ search: ListingSearch, now: Timestamp) {
        self.search = search
        let zone = search.zone.flatMap(TimeZone.init(identifier:)) ?? .gmt
        text = SearchText(Self.bindable(search.text ?? ""), zone: zone, now: now)
        cities = search.city.map { Self.names(of: Self.bindable($0)) } ?? []
    }

    /// How PostgreSQL plans the query: for the given values at each execution, or once for all values.
    enum Plan: String {
        /// The best index depends on the words and numbers.
        case custom = "force_custom_plan"
        /// Without a filter, the index of the sort order is always the best. Soon after many listings are created,
        /// outdated statistics could make the planner read and sort all of them.
        case generic = "force_generic_plan"
    }

    var plan: Plan {
        let isFiltered =
            !text.words.isEmpty || text.days != nil || !cities.isEmpty || search.from != nil || search.to != nil
            || search.currency != nil || search.minPrice != nil || search.maxPrice != nil
        return isFiltered ? .custom : .generic
    }

    static func names(of city: String) -> [String] { [city] + KnownCity.otherNames(of: city) }

    /// Returns the query of one page.
    func sql(after cursor: SearchCursor?, limit: Int, now: Timestamp) -> SQL {
        let conditions = conditions(now) + (cursor.map { [isAfter($0)] } ?? [])
        return """
            SELECT \(Listing.columns) FROM tickets.tickets
            WHERE \(SQL(joining: conditions, separator: " AND ")) ORDER BY \(order) LIMIT \(Int64(limit))
            """
    }

    /// Returns a query that yields a row if the search has a result.
    func existence(now: Timestamp) -> SQL {
        "SELECT 1::int8 FROM tickets.tickets WHERE \(SQL(joining: conditions(now), separator: " AND ")) LIMIT 1"
    }

    /// Returns a query that counts the listings on sale with each of the words: at most 100 for each.
    func counts(now: Timestamp) -> SQL {
        let counts = text.words.map { word -> SQL in
            """
            SELECT count(*) FROM (
                SELECT FROM tickets.tickets WHERE \(Self.isOnSale(now))
                AND search_terms @@ tickets.terms_query(\([word.parameter])) LIMIT 100
            ) AS found
            """
        }
        return SQL(joining: counts, separator: " UNION ALL ")
    }

    private static func isOnSale(_ now: Timestamp) -> SQL {
        "NOT withdrawn AND coalesce(starts_at, 'infinity') > \(now)"
    }

    private func conditions(_ now: Timestamp) -> [SQL] {
        var conditions = [Self.isOnSale(now)]
        if let minimum = search.quantity ?? (search.includesSoldOut ? nil : 1) {
            conditions.append("quantity - held - sold >= \(Int64(minimum))")
        }
        if !text.words.isEmpty {
            conditions.append("search_terms @@ tickets.terms_query(\(text.words.map(\.parameter)))")
        }
        if let days = text.days { conditions.append(Self.isOn(days)) }
        if !cities.isEmpty {
            let queries = cities.map { city -> SQL in "coalesce(tickets.word_query(\(city)), ''::tsquery)" }
            conditions.append("city_words @@ (\(SQL(joining: queries, separator: " || ")))")
        }
        if let from = search.from { conditions.append("starts_at >= \(from)") }
        if let to = search.to { conditions.append("starts_at < \(to)") }
        if let currency = search.currency { conditions.append("currency = \(currency.rawValue)") }
        if let minPrice = search.minPrice { conditions.append("\(UnitPricing.allIn) >= \(minPrice)") }
        if search.withoutPerformance { conditions.append("performance_id IS NULL") }
        if let maxPrice = search.maxPrice { conditions.append("\(UnitPricing.allIn) <= \(maxPrice)") }
        return conditions
    }

    /// The days are in the venue's time zone. The condition on the indexed time is some hours wider on both sides,
    /// because time zones differ by up to 14 hours from UTC.
    private static func isOn(_ phrase: SearchDays.Phrase) -> SQL {
        let isOnDay: SQL =
            switch phrase.days {
            case .dates(let first, let last):
                """
                (coalesce(starts_at, 'infinity') >= (\(first)::date AT TIME ZONE 'UTC') - interval '14 hours'
                AND coalesce(starts_at, 'infinity') < (\(last)::date AT TIME ZONE 'UTC') + interval '38 hours'
                AND tickets.local_day(starts_at, time_zone) BETWEEN \(first)::date AND \(last)::date)
                """
            case .weekdays(let days):
                "extract(isodow FROM tickets.local_day(starts_at, time_zone))::int8 = ANY(\(days))"
            }
        guard phrase.mayBeTitle else { return isOnDay }
        return "(\(isOnDay) OR search_terms @@ tickets.terms_query(\([phrase.text])))"
    }

    /// The sort order, as in the indexes.
    private var order: SQL {
        switch search.sort {
        case .soonest: "coalesce(starts_at, 'infinity'), id"
        case .cheapest: "\(UnitPricing.allIn), id"
        case .dearest: "\(UnitPricing.allIn) DESC, id DESC"
        case .newest: "created_at DESC, id DESC"
        }
    }

    /// The condition for rows after a cursor.
    private func isAfter(_ cursor: SearchCursor) -> SQL {
        let time: SQL = cursor.number == .max ? "'infinity'" : "\(Timestamp(microseconds: cursor.number))"
        return switch search.sort {
        case .soonest: "(coalesce(starts_at, 'infinity'), id) > (\(time), \(cursor.id))"
        case .cheapest: "(\(UnitPricing.allIn), id) > (\(cursor.number), \(cursor.id))"
        case .dearest: "(\(UnitPricing.allIn), id) < (\(cursor.number), \(cursor.id))"
        case .newest: "(created_at, id) < (\(time), \(cursor.id))"
        }
    }

    /// Cuts the text to ``ListingSearch/textLimit``, and replaces U+0000, which PostgreSQL's text cannot hold.
    static func bindable(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(ListingSearch.textLimit).map { $0.value == 0 ? " " : $0 }
        return String(String.UnicodeScalarView(scalars))
    }
}
