public import Marketplace
import PostgresClient

extension TicketReads {
    /// A page of what is on sale: not withdrawn, not begun, and not sold out.
    ///
    /// A text is looked for as whole words and their beginnings. Where the first page of that would be empty, listings are
    /// looked for that are spelled like it; where that would take too long, nothing is. Those who look for the same at the
    /// same time share what is found.
    ///
    /// - Throws: ``SearchTookTooLong``.
    public func search(
        _ search: TicketSearch, after place: SearchPlace? = nil, limit: Int, now: Timestamp? = nil
    ) async throws -> SearchResults {
        try await searches.value(of: SearchPage(search: search, place: place, limit: limit, now: now))
    }
}

extension TicketSearch {
    /// The statement of one page.
    func sql(after place: SearchPlace?, isSimilar: Bool, limit: Int, now: Timestamp) -> SQL {
        var conditions: [SQL] = ["NOT withdrawn", "coalesce(starts_at, 'infinity') > \(now)"]
        if let least = quantity ?? (includesSoldOut ? nil : 1) {
            conditions.append("quantity - held - sold >= \(Int64(least))")
        }
        if let text = text.map(Self.bindable) {
            conditions.append(
                isSimilar
                    ? "id IN (SELECT tickets.spelled_like(\(text), \(now)))"
                    : "search_words @@ tickets.word_query(\(text))")
        }
        if let city = city.map(Self.bindable) {
            conditions.append("city_words @@ tickets.word_query(\(city))")
        }
        if let from { conditions.append("starts_at >= \(from)") }
        if let to { conditions.append("starts_at < \(to)") }
        if let currency { conditions.append("currency = \(currency.rawValue)") }
        if let minPrice { conditions.append("price >= \(minPrice)") }
        if let maxPrice { conditions.append("price <= \(maxPrice)") }
        if let place { conditions.append(following(place)) }
        return """
            SELECT \(Listing.columns) FROM tickets.tickets
            WHERE \(SQL(joining: conditions, separator: " AND ")) ORDER BY \(order) LIMIT \(Int64(limit))
            """
    }

    /// As the indexes have it.
    private var order: SQL {
        switch sort {
        case .soonest: "coalesce(starts_at, 'infinity'), id"
        case .cheapest: "price, id"
        case .dearest: "price DESC, id DESC"
        case .newest: "created_at DESC, id DESC"
        }
    }

    private func following(_ place: SearchPlace) -> SQL {
        let time: SQL = place.number == .max ? "'infinity'" : "\(Timestamp(microseconds: place.number))"
        return switch sort {
        case .soonest: "(coalesce(starts_at, 'infinity'), id) > (\(time), \(place.id))"
        case .cheapest: "(price, id) > (\(place.number), \(place.id))"
        case .dearest: "(price, id) < (\(place.number), \(place.id))"
        case .newest: "(created_at, id) < (\(time), \(place.id))"
        }
    }

    /// PostgreSQL has no text with a character of number zero.
    private static func bindable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(textLimit).map { $0.value == 0 ? " " : $0 }))
    }
}
