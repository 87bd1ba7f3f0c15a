import FoundationEssentials
import Marketplace
import PostgresClient
import Storage
import Support
import Testing

@testable import Services

@Suite("Search", .timeLimit(.minutes(2)))
struct ListingSearchTests {
    private static let market = [
        SearchHarness.listing("Radio Nord, standing", venue: "Harpa", city: "Reykjavík"),
        SearchHarness.listing("Das Wohltemperierte Klavier", venue: "Elbphilharmonie", city: "Hamburg", inDays: 10),
        SearchHarness.listing("A Winter's Tale", venue: "Globe", city: "London", inDays: 5, currency: "GBP"),
        SearchHarness.listing("AC/DC tribute (R&B)", venue: "Zénith", city: "Paris", inDays: nil),
        SearchHarness.listing("Москва слезам не верит", venue: "Kino", city: "Tromsø", inDays: 2),
        SearchHarness.listing("東京ドーム 🎟️ final", venue: "Straße 9", city: "New York", inDays: 60),
    ]

    private static let harness = Task {
        let harness = try await SearchHarness()
        try await harness.add(market)
        return harness
    }

    private func titles(_ search: ListingSearch) async throws -> [String] {
        try await Self.harness.value.titles(search)
    }

    @Test(
        "A search matches words and their beginnings without regard to case, accents and punctuation",
        arguments: [
            ("radio", "Radio"), ("RADI nor", "Radio"), ("nord radio", "Radio"), ("reykjavik", "Radio"),
            ("Harpa, Reykjavík!", "Radio"), ("klavier elb", "Das"), ("winters", "A Winter's"),
            ("winter’s", "A Winter's"), ("ac/dc", "AC/DC"), ("dc zenith", "AC/DC"), ("r&b", "AC/DC"),
            ("МОСКВА", "Москва"), ("tromso", "Москва"), ("TROMSØ", "Москва"), ("東京", "東京"), ("strasse", "東京"),
            ("STRASSE 9", "東京"), ("🎟", "東京"), ("new york", "東京"),
        ])
    func words(text: String, title: String) async throws {
        let found = try await Self.harness.value.reads.search(
            ListingSearch(text: text), limit: 10, now: SearchHarness.now)
        #expect(found.listings.count == 1 && !found.isSimilar && found.next == nil)
        #expect(found.listings.first?.state.title.hasPrefix(title) == true)
    }

    @Test(
        "A search without matches returns listings with a similar spelling",
        arguments: [
            ("Wohltempererte", "Das"), ("elbfilharmonie", "Das"), ("klavir hambrug", "Das"), ("reykavik", "Radio"),
            ("radiio nort", "Radio"), ("wintres tale", "A Winter's"),
        ])
    func spelling(text: String, title: String) async throws {
        let found = try await Self.harness.value.reads.search(
            ListingSearch(text: text), limit: 10, now: SearchHarness.now)
        #expect(found.isSimilar && found.listings.count == 1)
        #expect(found.listings.first?.state.title.hasPrefix(title) == true)
    }

    @Test(
        "Any text can be searched for",
        arguments: [
            "", " ", "!!!", "'", "''; DROP TABLE tickets.tickets; --", "\"a", "a & | ! ( ) <-> b:*", "\\", "\\'",
            "a\\:*",
            "%_", "\u{0}", "a\u{0}b", "\u{202e}abc", "💥💥", "e\u{301}\u{301}\u{301}", "{}", "$1", "NULL", ":*",
            String(repeating: "x", count: 100_000), String(repeating: "㍿", count: 300),
            String(repeating: "a b c ", count: 500), String(repeating: "🎫 ", count: 300), "\u{fdfa}",
        ])
    func hostile(text: String) async throws {
        for search in [ListingSearch(text: text), ListingSearch(city: text), ListingSearch(text: "radio", city: text)] {
            _ = try await Self.harness.value.reads.search(search, limit: 10, now: SearchHarness.now)
        }
    }

    @Test("Any listing can be stored")
    func hostileListings() async throws {
        let harness = try await SearchHarness()
        let texts = [
            "\\ '\" :* &|!", String(repeating: "㍿", count: 120), String(repeating: "\u{fdfa}", count: 120), "🎟️", "…",
        ]
        try await harness.add(texts.map { SearchHarness.listing($0, venue: $0, city: String($0.prefix(80))) })
        #expect(try await harness.titles(ListingSearch()).count == texts.count)
        #expect(try await harness.titles(ListingSearch(text: "株式会社")).count == 1)
    }

    @Test("Each filter excludes listings, and combined filters exclude what any of them does")
    func filters() async throws {
        let euro = try #require(Currency(rawValue: "EUR"))
        let harness = try await SearchHarness()
        try await harness.add([
            SearchHarness.listing("a", city: "Oslo", inDays: 1, price: 100, quantity: 1),
            SearchHarness.listing("b", city: "Oslo", inDays: 2, price: 200, quantity: 9, taken: 5),
            SearchHarness.listing("c", city: "Bergen", inDays: 3, price: 300, currency: "USD"),
            SearchHarness.listing("d", inDays: nil, price: 400),
            SearchHarness.listing("withdrawn", city: "Oslo", withdrawn: true),
            SearchHarness.listing("past", city: "Oslo", inDays: 0),
            SearchHarness.listing("sold out", city: "Oslo", inDays: 4, quantity: 2, taken: 2),
        ])
        let day = { (days: Int) in SearchHarness.now + .seconds(86_400 * days) }
        for (search, titles) in [
            (ListingSearch(), "abcd"), (ListingSearch(includesSoldOut: true), "abcsold outd"),
            (ListingSearch(city: "OSLO"), "ab"), (ListingSearch(city: "os"), "ab"), (ListingSearch(city: "slo"), ""),
            (ListingSearch(from: day(2)), "bc"), (ListingSearch(to: day(2)), "a"),
            (ListingSearch(from: day(2), to: day(3)), "b"), (ListingSearch(currency: euro), "abd"),
            (ListingSearch(currency: euro, minPrice: 200), "bd"), (ListingSearch(currency: euro, maxPrice: 200), "ab"),
            (ListingSearch(quantity: 4), "b"), (ListingSearch(quantity: 5), ""),
            (ListingSearch(text: "oslo", from: day(1), currency: euro, maxPrice: 150, quantity: 1), "a"),
            (ListingSearch(sort: .dearest), "dcba"),
        ] {
            #expect(try await harness.titles(search).joined() == titles, "\(search)")
        }
    }

    @Test(
        "The pages of every sort order contain each row once and in order, with ties and without times",
        arguments: [1, 3, 7])
    func pages(limit: Int) async throws {
        let harness = try await SearchHarness()
        var random = SystemRandomNumberGenerator()
        let listings = (0..<60).map { number in
            SearchHarness.listing(
                "Ticket \(number) concert", inDays: number % 4 == 0 ? nil : Int.random(in: 1...3, using: &random),
                price: Int64.random(in: 1...4, using: &random), age: Int.random(in: 0...3, using: &random))
        }
        try await harness.add(listings)
        for sort in ListingSearch.Sort.allCases {
            // By words, without words, and by similar spelling.
            for text in [nil, "concert", "conzert"] {
                let found = try await harness.all(ListingSearch(text: text, sort: sort), limit: limit)
                #expect(found.map(\.state.id) == listings.map(\.state).sorted(by: sort.isOrdered).map(\.id))
            }
        }
    }

    @Test("The reader role can search, with the extension in any schema and without a search path to it")
    func extensionInOtherSchema() async throws {
        let pool = try await freshPool(migrated: false)
        try await pool.execute("CREATE SCHEMA extras")
        try await pool.execute("CREATE EXTENSION pg_trgm SCHEMA extras")
        let connection = try await PostgresConnection.connect(pool.configuration)
        try await Migrator(connection: connection, logger: quiet).migrate(services: [.listings])
        _ = try await pool.pipeline([ListingsStore().insert([Self.market[0]])].compactMap(\.self))
        let reader = PostgresPool(
            try await ReaderRole.configuration(from: pool.configuration), size: 1, acquireTimeout: .seconds(30))
        let found = try await ListingReads(reader).search(
            ListingSearch(text: "raydio nort"), limit: 10, now: SearchHarness.now)
        #expect(found.isSimilar && found.listings.count == 1)
    }

    @Test("A search that times out fails, and one for similar spellings returns nothing")
    func timeouts() async throws {
        let harness = try await SearchHarness()
        let search = ListingSearch(text: "radio")
        let similar = SearchCursor(number: .max, id: .init(), isSimilar: true)
        try await harness.pool.withConnection { connection in
            try await connection.transaction { transaction in
                _ = try await transaction.query("LOCK TABLE tickets.tickets")
                await #expect(throws: SearchTookTooLong.self) {
                    _ = try await harness.reads.search(search, limit: 10, now: SearchHarness.now)
                }
                let found = try await harness.reads.search(search, after: similar, limit: 10, now: SearchHarness.now)
                #expect(found.listings.isEmpty && found.next == nil && found.isSimilar)
            }
        }
    }

    @Test("Each sort order and rare words use their indexes")
    func plans() async throws {
        let harness = try await SearchHarness()
        try await harness.add(
            (0..<5000).map { number in
                SearchHarness.listing(
                    "Show \(number % 100) of number\(number)", city: "City\(number % 50)",
                    inDays: number % 10 == 0 ? nil : number % 300 - 30, price: Int64(1 + number * 7919 % 10_000),
                    withdrawn: number % 20 == 0, age: number)
            })
        try await harness.pool.execute("VACUUM ANALYZE tickets.tickets")
        let indexes: [ListingSearch.Sort: String] = [
            .soonest: "tickets_soonest", .cheapest: "tickets_by_price", .dearest: "tickets_by_price",
            .newest: "tickets_newest",
        ]
        for sort in ListingSearch.Sort.allCases {
            let search = ListingSearch(sort: sort)
            let next = try await harness.reads.search(search, limit: 20, now: SearchHarness.now).next
            for cursor in [nil, next] {
                let plan = try await harness.plan(search, after: cursor)
                #expect(plan.contains("using \(indexes[sort] ?? "-")") && !plan.contains("Sort"), "\(plan)")
            }
            let rare = try await harness.plan(ListingSearch(text: "number4711", sort: sort))
            #expect(rare.contains("tickets_words"), "\(rare)")
            let city = try await harness.plan(ListingSearch(text: "number47", city: "city11", sort: sort))
            #expect(city.contains("tickets_words") || city.contains("tickets_city_words"), "\(city)")
        }
        let similar = try await harness.pool.pipeline([
            "SET LOCAL enable_seqscan = off", "SET LOCAL search_path = public",
            """
            EXPLAIN SELECT id FROM tickets.tickets WHERE NOT withdrawn AND 'nunber4711' <% search_text
            """,
        ])[2]
        #expect(try similar.decode(String.self).joined().contains("tickets_spelling"))
    }
}

extension ListingSearch.Sort {
    /// The expected order, written independently of the query.
    fileprivate func isOrdered(_ one: ListingState, _ other: ListingState) -> Bool {
        switch self {
        case .soonest:
            let (first, second) = (
                one.details.startsAt ?? .init(microseconds: .max), other.details.startsAt ?? .init(microseconds: .max)
            )
            return (first, one.id) < (second, other.id)
        case .cheapest: return (one.price, one.id) < (other.price, other.id)
        case .dearest: return (one.price, one.id) > (other.price, other.id)
        case .newest: return (one.createdAt, one.id) > (other.createdAt, other.id)
        }
    }
}
