import Foundation
import Marketplace
import PostgresClient
import Storage

/// A search for performances as SQL, with its text parsed. It finds scheduled performances that have not started. If
/// the search names an event, it also finds the event's postponed and cancelled performances.
struct PerformanceQuery: Sendable {
    let search: PerformanceSearch
    var text: SearchText
    private let cities: [String]

    init(_ search: PerformanceSearch, now: Timestamp) {
        self.search = search
        let zone = search.zone.flatMap(TimeZone.init(identifier:)) ?? .gmt
        text = SearchText(SearchQuery.bindable(search.text ?? ""), zone: zone, now: now)
        cities = search.city.map { SearchQuery.names(of: SearchQuery.bindable($0)) } ?? []
    }

    /// Returns the query of one page.
    func sql(after cursor: SearchCursor?, limit: Int, now: Timestamp) -> SQL {
        var conditions = conditions(now)
        if let cursor {
            conditions.append("(starts_at, id) > (\(Timestamp(microseconds: cursor.number)), \(cursor.id))")
        }
        return """
            SELECT \(Performance.columns) FROM catalogue.performances
            WHERE \(SQL(joining: conditions, separator: " AND ")) ORDER BY starts_at, id LIMIT \(Int64(limit))
            """
    }

    /// Returns a query that gives for each word 1 if an upcoming performance has it, and 0 otherwise.
    func counts(now: Timestamp) -> SQL {
        let counts = text.words.map { word -> SQL in
            """
            SELECT count(*) FROM (
                SELECT FROM catalogue.performances WHERE \(Self.isUpcoming(now))
                AND search_terms @@ catalogue.terms_query(\([word.parameter])) LIMIT 1
            ) AS found
            """
        }
        return SQL(joining: counts, separator: " UNION ALL ")
    }

    private static func isUpcoming(_ now: Timestamp) -> SQL { "status = 'scheduled' AND starts_at > \(now)" }

    private func conditions(_ now: Timestamp) -> [SQL] {
        var conditions: [SQL] =
            search.eventId == nil
            ? [Self.isUpcoming(now)]
            : ["status IN ('scheduled', 'postponed', 'cancelled')", "(starts_at > \(now) OR status = 'postponed')"]
        if !text.words.isEmpty {
            conditions.append("search_terms @@ catalogue.terms_query(\(text.words.map(\.parameter)))")
        }
        if let days = text.days { conditions.append(Self.isOn(days)) }
        if !cities.isEmpty {
            let queries = cities.map { city -> SQL in "coalesce(catalogue.word_query(\(city)), ''::tsquery)" }
            conditions.append("city_words @@ (\(SQL(joining: queries, separator: " || ")))")
        }
        if let country = search.country { conditions.append("country = \(country)") }
        if let category = search.category { conditions.append("category = \(category.rawValue)") }
        if let event = search.eventId { conditions.append("event_id = \(event)") }
        if let venue = search.venueId { conditions.append("venue_id = \(venue)") }
        if let from = search.from { conditions.append("starts_at >= \(from)") }
        if let to = search.to { conditions.append("starts_at < \(to)") }
        return conditions
    }

    /// The days are in the venue's time zone. The condition on the indexed time is some hours wider on both sides,
    /// because time zones differ by up to 14 hours from UTC.
    private static func isOn(_ phrase: SearchDays.Phrase) -> SQL {
        let isOnDay: SQL =
            switch phrase.days {
            case .dates(let first, let last):
                """
                (starts_at >= (\(first)::date AT TIME ZONE 'UTC') - interval '14 hours'
                AND starts_at < (\(last)::date AT TIME ZONE 'UTC') + interval '38 hours'
                AND catalogue.local_day(starts_at, time_zone) BETWEEN \(first)::date AND \(last)::date)
                """
            case .weekdays(let days):
                "extract(isodow FROM catalogue.local_day(starts_at, time_zone))::int8 = ANY(\(days))"
            }
        guard phrase.mayBeTitle else { return isOnDay }
        return "(\(isOnDay) OR search_terms @@ catalogue.terms_query(\([phrase.text])))"
    }
}
