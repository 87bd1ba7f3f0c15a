public import Marketplace
import PostgresClient
import Storage

extension ListingReads {
    /// Returns a page of listings that match and are on sale: not withdrawn, not started, and not sold out.
    ///
    /// A text matches words and the beginnings of words. If the first page would be empty, the search returns listings
    /// with a similar spelling, or nothing if that takes too long. Simultaneous identical searches share one query.
    ///
    /// - Throws: ``SearchTookTooLong`` if the search times out, or if too many searches wait.
    public func search(
        _ search: ListingSearch, after cursor: SearchCursor? = nil, limit: Int, now: Timestamp? = nil
    ) async throws -> SearchResults {
        try await searches.value(of: SearchPage(search: search, cursor: cursor, limit: limit, now: now))
    }
}

extension ListingSearch {
    /// Returns the query of one page.
    func sql(after cursor: SearchCursor?, isSimilar: Bool, limit: Int, now: Timestamp) -> SQL {
        var conditions: [SQL] = ["NOT withdrawn", "coalesce(starts_at, 'infinity') > \(now)"]
        if let minimum = quantity ?? (includesSoldOut ? nil : 1) {
            conditions.append("quantity - held - sold >= \(Int64(minimum))")
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
        if let cursor { conditions.append(isAfter(cursor)) }
        return """
            SELECT \(Listing.columns) FROM tickets.tickets
            WHERE \(SQL(joining: conditions, separator: " AND ")) ORDER BY \(order) LIMIT \(Int64(limit))
            """
    }

    /// The sort order, as in the indexes.
    private var order: SQL {
        switch sort {
        case .soonest: "coalesce(starts_at, 'infinity'), id"
        case .cheapest: "price, id"
        case .dearest: "price DESC, id DESC"
        case .newest: "created_at DESC, id DESC"
        }
    }

    /// The condition for rows after a cursor.
    private func isAfter(_ cursor: SearchCursor) -> SQL {
        let time: SQL = cursor.number == .max ? "'infinity'" : "\(Timestamp(microseconds: cursor.number))"
        return switch sort {
        case .soonest: "(coalesce(starts_at, 'infinity'), id) > (\(time), \(cursor.id))"
        case .cheapest: "(price, id) > (\(cursor.number), \(cursor.id))"
        case .dearest: "(price, id) < (\(cursor.number), \(cursor.id))"
        case .newest: "(created_at, id) < (\(time), \(cursor.id))"
        }
    }

    /// Cuts the text to ``textLimit``, and replaces U+0000, which PostgreSQL's text cannot hold.
    private static func bindable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(textLimit).map { $0.value == 0 ? " " : $0 }))
    }
}
