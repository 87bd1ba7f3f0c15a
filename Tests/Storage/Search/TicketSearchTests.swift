import FoundationEssentials
import Marketplace
import PostgresClient
import Support
import Testing

@testable import Storage

@Suite("Search", .timeLimit(.minutes(2)))
struct TicketSearchTests {
    private static let market = [
        SearchStage.listing("Radio Nord, standing", venue: "Harpa", city: "Reykjavík"),
        SearchStage.listing("Das Wohltemperierte Klavier", venue: "Elbphilharmonie", city: "Hamburg", inDays: 10),
        SearchStage.listing("A Winter's Tale", venue: "Globe", city: "London", inDays: 5, currency: "GBP"),
        SearchStage.listing("AC/DC tribute (R&B)", venue: "Zénith", city: "Paris", inDays: nil),
        SearchStage.listing("Москва слезам не верит", venue: "Kino", city: "Tromsø", inDays: 2),
        SearchStage.listing("東京ドーム 🎟️ final", venue: "Straße 9", city: "New York", inDays: 60),
    ]

    private static let stage = Task {
        let stage = try await SearchStage()
        try await stage.add(market)
        return stage
    }

    private func titles(_ search: TicketSearch) async throws -> [String] {
        try await Self.stage.value.titles(search)
    }

    @Test(
        "Words and their beginnings, whatever their case, accents and punctuation",
        arguments: [
            ("radio", "Radio"), ("RADI nor", "Radio"), ("nord radio", "Radio"), ("reykjavik", "Radio"),
            ("Harpa, Reykjavík!", "Radio"), ("klavier elb", "Das"), ("winters", "A Winter's"),
            ("winter’s", "A Winter's"), ("ac/dc", "AC/DC"), ("dc zenith", "AC/DC"), ("r&b", "AC/DC"),
            ("МОСКВА", "Москва"), ("tromso", "Москва"), ("TROMSØ", "Москва"), ("東京", "東京"), ("strasse", "東京"),
            ("STRASSE 9", "東京"), ("🎟", "東京"), ("new york", "東京"),
        ])
    func words(text: String, title: String) async throws {
        let found = try await Self.stage.value.reads.search(
            TicketSearch(text: text), limit: 10, now: SearchStage.now)
        #expect(found.listings.count == 1 && !found.isSimilar && found.next == nil)
        #expect(found.listings.first?.state.title.hasPrefix(title) == true)
    }

    @Test(
        "Where nothing is what was looked for, what is spelled like it",
        arguments: [
            ("Wohltempererte", "Das"), ("elbfilharmonie", "Das"), ("klavir hambrug", "Das"), ("reykavik", "Radio"),
            ("radiio nort", "Radio"), ("wintres tale", "A Winter's"),
        ])
    func spelling(text: String, title: String) async throws {
        let found = try await Self.stage.value.reads.search(
            TicketSearch(text: text), limit: 10, now: SearchStage.now)
        #expect(found.isSimilar && found.listings.count == 1)
        #expect(found.listings.first?.state.title.hasPrefix(title) == true)
    }

    @Test(
        "Any text can be looked for",
        arguments: [
            "", " ", "!!!", "'", "''; DROP TABLE tickets.tickets; --", "\"a", "a & | ! ( ) <-> b:*", "\\", "\\'",
            "a\\:*",
            "%_", "\u{0}", "a\u{0}b", "\u{202e}abc", "💥💥", "e\u{301}\u{301}\u{301}", "{}", "$1", "NULL", ":*",
            String(repeating: "x", count: 100_000), String(repeating: "㍿", count: 300),
            String(repeating: "a b c ", count: 500), String(repeating: "🎫 ", count: 300), "\u{fdfa}",
        ])
    func hostile(text: String) async throws {
        for search in [TicketSearch(text: text), TicketSearch(city: text), TicketSearch(text: "radio", city: text)] {
            _ = try await Self.stage.value.reads.search(search, limit: 10, now: SearchStage.now)
        }
    }

    @Test("Any listing can be stored")
    func hostileListings() async throws {
        let stage = try await SearchStage()
        let texts = [
            "\\ '\" :* &|!", String(repeating: "㍿", count: 120), String(repeating: "\u{fdfa}", count: 120), "🎟️", "…",
        ]
        try await stage.add(texts.map { SearchStage.listing($0, venue: $0, city: String($0.prefix(80))) })
        #expect(try await stage.titles(TicketSearch()).count == texts.count)
        #expect(try await stage.titles(TicketSearch(text: "株式会社")).count == 1)
    }

    @Test("Each filter takes away what it says, and all together what each of them does")
    func filters() async throws {
        let euro = try #require(Currency(rawValue: "EUR"))
        let stage = try await SearchStage()
        try await stage.add([
            SearchStage.listing("a", city: "Oslo", inDays: 1, price: 100, quantity: 1),
            SearchStage.listing("b", city: "Oslo", inDays: 2, price: 200, quantity: 9, taken: 5),
            SearchStage.listing("c", city: "Bergen", inDays: 3, price: 300, currency: "USD"),
            SearchStage.listing("d", inDays: nil, price: 400),
            SearchStage.listing("withdrawn", city: "Oslo", withdrawn: true),
            SearchStage.listing("past", city: "Oslo", inDays: 0),
            SearchStage.listing("sold out", city: "Oslo", inDays: 4, quantity: 2, taken: 2),
        ])
        let day = { (days: Int) in SearchStage.now + .seconds(86_400 * days) }
        for (search, titles) in [
            (TicketSearch(), "abcd"), (TicketSearch(includesSoldOut: true), "abcsold outd"),
            (TicketSearch(city: "OSLO"), "ab"), (TicketSearch(city: "os"), "ab"), (TicketSearch(city: "slo"), ""),
            (TicketSearch(from: day(2)), "bc"), (TicketSearch(to: day(2)), "a"),
            (TicketSearch(from: day(2), to: day(3)), "b"), (TicketSearch(currency: euro), "abd"),
            (TicketSearch(currency: euro, minPrice: 200), "bd"), (TicketSearch(currency: euro, maxPrice: 200), "ab"),
            (TicketSearch(quantity: 4), "b"), (TicketSearch(quantity: 5), ""),
            (TicketSearch(text: "oslo", from: day(1), currency: euro, maxPrice: 150, quantity: 1), "a"),
            (TicketSearch(sort: .dearest), "dcba"),
        ] {
            #expect(try await stage.titles(search).joined() == titles, "\(search)")
        }
    }

    @Test("Every sort's pages visit each row once, in order, with ties and without times", arguments: [1, 3, 7])
    func pages(limit: Int) async throws {
        let stage = try await SearchStage()
        var random = SystemRandomNumberGenerator()
        let listings = (0..<60).map { number in
            SearchStage.listing(
                "Ticket \(number) concert", inDays: number % 4 == 0 ? nil : Int.random(in: 1...3, using: &random),
                price: Int64.random(in: 1...4, using: &random), age: Int.random(in: 0...3, using: &random))
        }
        try await stage.add(listings)
        for sort in TicketSearch.Sort.allCases {
            // Found by its words, without any, and by how it is spelled.
            for text in [nil, "concert", "conzert"] {
                let found = try await stage.all(TicketSearch(text: text, sort: sort), limit: limit)
                #expect(found.map(\.state.id) == listings.map(\.state).sorted(by: sort.isOrdered).map(\.id))
            }
        }
    }

    @Test("The reader role may search, the extension may stand in any schema, and nobody's search path need lead there")
    func elsewhere() async throws {
        let pool = try await freshPool(migrated: false)
        try await pool.execute("CREATE SCHEMA extras")
        try await pool.execute("CREATE EXTENSION pg_trgm SCHEMA extras")
        let connection = try await PostgresConnection.connect(pool.configuration)
        try await Migrator(connection: connection, logger: quiet).migrate(services: [.tickets])
        _ = try await pool.pipeline([TicketsStore().insert([Self.market[0]])].compactMap(\.self))
        let reader = PostgresPool(
            try await ReaderRole.configuration(from: pool.configuration), size: 1, acquireTimeout: .seconds(30))
        let found = try await TicketReads(reader).search(
            TicketSearch(text: "raydio nort"), limit: 10, now: SearchStage.now)
        #expect(found.isSimilar && found.listings.count == 1)
    }

    @Test("A search that takes too long is given up: what is only similar is not found, the rest is an error")
    func patience() async throws {
        let stage = try await SearchStage()
        let search = TicketSearch(text: "radio")
        let similar = SearchPlace(number: .max, id: .init(), isSimilar: true)
        try await stage.pool.withConnection { connection in
            try await connection.transaction { transaction in
                _ = try await transaction.query("LOCK TABLE tickets.tickets")
                await #expect(throws: SearchTookTooLong.self) {
                    _ = try await stage.reads.search(search, limit: 10, now: SearchStage.now)
                }
                let found = try await stage.reads.search(search, after: similar, limit: 10, now: SearchStage.now)
                #expect(found.listings.isEmpty && found.next == nil && found.isSimilar)
            }
        }
    }

    @Test("Each sort is read off its index, and rare words off theirs")
    func plans() async throws {
        let stage = try await SearchStage()
        try await stage.add(
            (0..<5000).map { number in
                SearchStage.listing(
                    "Show \(number % 100) of number\(number)", city: "City\(number % 50)",
                    inDays: number % 10 == 0 ? nil : number % 300 - 30, price: Int64(1 + number * 7919 % 10_000),
                    withdrawn: number % 20 == 0, age: number)
            })
        try await stage.pool.execute("VACUUM ANALYZE tickets.tickets")
        let indexes: [TicketSearch.Sort: String] = [
            .soonest: "tickets_soonest", .cheapest: "tickets_by_price", .dearest: "tickets_by_price",
            .newest: "tickets_newest",
        ]
        for sort in TicketSearch.Sort.allCases {
            let search = TicketSearch(sort: sort)
            let next = try await stage.reads.search(search, limit: 20, now: SearchStage.now).next
            for place in [nil, next] {
                let plan = try await stage.plan(search, after: place)
                #expect(plan.contains("using \(indexes[sort] ?? "-")") && !plan.contains("Sort"), "\(plan)")
            }
            let rare = try await stage.plan(TicketSearch(text: "number4711", sort: sort))
            #expect(rare.contains("tickets_words"), "\(rare)")
            let city = try await stage.plan(TicketSearch(text: "number47", city: "city11", sort: sort))
            #expect(city.contains("tickets_words") || city.contains("tickets_city_words"), "\(city)")
        }
        let similar = try await stage.pool.pipeline([
            "SET LOCAL enable_seqscan = off", "SET LOCAL search_path = public",
            """
            EXPLAIN SELECT id FROM tickets.tickets WHERE NOT withdrawn AND 'nunber4711' <% search_text
            """,
        ])[2]
        #expect(try similar.decode(String.self).joined().contains("tickets_spelling"))
    }
}

extension TicketSearch.Sort {
    /// The order, told once more.
    fileprivate func isOrdered(_ one: TicketState, _ other: TicketState) -> Bool {
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
