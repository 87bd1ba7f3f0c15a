import FoundationEssentials
import Marketplace
import PostgresClient
import Support
import Testing

@testable import Services
@testable import Storage

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
        let found = try await Self.harness.value.page(ListingSearch(text: text))
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
        let found = try await Self.harness.value.page(ListingSearch(text: text))
        #expect(found.isSimilar && found.listings.count == 1 && !found.notes.corrections.isEmpty)
        #expect(found.listings.first?.state.title.hasPrefix(title) == true)
    }

    @Test(
        "Generic words, days, symbols, parts of unspaced names and other languages' names of cities are understood",
        arguments: [
            ("radio tickets", "Radio"), ("radio concert", "Radio"), ("tickets for radio in reykjavik", "Radio"),
            ("konzert karten klavier", "Das"), ("winters & tale", "A Winter's"), ("londres winter", "A Winter's"),
            ("nueva york", "東京"), ("ドーム", "東京"), ("京ドーム", "東京"), ("acdc", "AC/DC"), ("rb", "AC/DC"),
            ("klavier 11 aug", "Das"), ("klavier august 11th", "Das"), ("klavier 11. august 2026", "Das"),
            ("2026-08-11", "Das"), ("11.08.2026 elbphilharmonie", "Das"), ("11 de agosto", "Das"),
            ("tuesday klavier", "Das"), ("dienstag klavier", "Das"),
        ])
    func understoodWords(text: String, title: String) async throws {
        let found = try await Self.harness.value.page(ListingSearch(text: text))
        #expect(found.listings.map { $0.state.title.hasPrefix(title) } == [true] && !found.isSimilar)
    }

    @Test("A name with symbols is found by its letters, and a name with letters by symbols")
    func symbols() async throws {
        let harness = try await SearchHarness()
        try await harness.add([
            SearchHarness.listing("Ke$ha"), SearchHarness.listing("P!nk"), SearchHarness.listing("A$AP Rocky"),
            SearchHarness.listing("Guns N' Roses"), SearchHarness.listing("Wham! Reunion"),
            SearchHarness.listing("blink-182"), SearchHarness.listing("Saturday Night Fever", inDays: 8),
        ])
        for (text, title) in [
            ("kesha", "Ke$ha"), ("ke$ha", "Ke$ha"), ("pink", "P!nk"), ("P!NK tickets", "P!nk"), ("asap", "A$AP Rocky"),
            ("guns and roses", "Guns N' Roses"), ("guns & roses", "Guns N' Roses"), ("guns n roses", "Guns N' Roses"),
            ("wham", "Wham! Reunion"), ("blink182", "blink-182"), ("blink 182", "blink-182"),
            // A weekday may also be a word of a title. Saturday Night Fever is on a Sunday, 9 August 2026.
            ("saturday fever", "Saturday Night Fever"), ("sunday fever", "Saturday Night Fever"),
        ] {
            #expect(try await harness.titles(ListingSearch(text: text)) == [title], "\(text)")
        }
    }

    @Test("Days are those on the clocks of the venue")
    func daysOfTheVenue() async throws {
        let harness = try await SearchHarness()
        var tokyo = SearchHarness.listing("Morning in Tokyo")
        tokyo.state.details.startsAt = Timestamp("2027-01-19T23:00:00Z")
        tokyo.state.details.timeZone = "Asia/Tokyo"
        var newYork = SearchHarness.listing("Evening in New York")
        newYork.state.details.startsAt = Timestamp("2027-01-21T01:00:00Z")
        newYork.state.details.timeZone = "America/New_York"
        var odd = SearchHarness.listing("A zone that this server does not know")
        odd.state.details.startsAt = Timestamp("2027-01-20T12:00:00Z")
        odd.state.details.timeZone = "Europe/Nowhere"
        try await harness.add([tokyo, newYork, odd])
        let all = [tokyo, odd, newYork].map(\.state.title)
        for text in ["20 jan", "wednesday", "20.1.2027"] {
            #expect(try await harness.titles(ListingSearch(text: text)) == all, "\(text)")
        }
        #expect(try await harness.titles(ListingSearch(text: "21 jan")).isEmpty)
        #expect(try await harness.titles(ListingSearch(text: "january 2027")).count == 3)
    }

    @Test("If no listing has all words, the search keeps most of them, and the results name the others")
    func mostWords() async throws {
        for (text, title, leftOut) in [
            ("klavier berlin", "Das", ["berlin"]), ("radio harpa hamburg", "Radio", ["hamburg"]),
            ("qqqqq radio", "Radio", ["qqqqq"]), ("klavier 3 january", "Das", ["3 january"]),
        ] {
            let found = try await Self.harness.value.page(ListingSearch(text: text))
            #expect(found.listings.map { $0.state.title.hasPrefix(title) } == [true] && found.isSimilar, "\(text)")
            #expect(found.notes.leftOut == leftOut && found.notes.corrections.isEmpty, "\(text)")
        }
        // Filters are never left out.
        let nothing = try await titles(ListingSearch(text: "klavier berlin", city: "London"))
        #expect(nothing.isEmpty)
    }

    @Test("A misspelled word finds only the most similar words")
    func bestSpelling() async throws {
        let harness = try await SearchHarness()
        try await harness.add([
            SearchHarness.listing("Das Wohltemperierte Klavier", inDays: 1), SearchHarness.listing("Hamlet", inDays: 9),
            SearchHarness.listing("Coldplay", city: "Berlin", inDays: 5),
            SearchHarness.listing("Colin Play", inDays: 4),
            SearchHarness.listing("Vienna Boys", city: "Wien", inDays: 6),
        ])
        for (text, title, better) in [
            ("Hamlte", "Hamlet", "hamlet"), ("colpdlay", "Coldplay", "coldplay"), ("coldpaly", "Coldplay", "coldplay"),
            ("coldplay brelin", "Coldplay", "berlin"),
        ] {
            let found = try await harness.reads.search(ListingSearch(text: text), limit: 9, now: SearchHarness.now)
            #expect(found.listings.map(\.state.title) == [title] && found.isSimilar, "\(text)")
            #expect(found.notes.corrections.map(\.to) == [better], "\(text)")
        }
        for (city, title) in [
            ("berln", "Coldplay"), ("brelin", "Coldplay"), ("vienna", "Vienna Boys"), ("Viena", "Vienna Boys"),
        ] {
            #expect(try await harness.titles(ListingSearch(city: city)) == [title], "\(city)")
        }
        #expect(try await harness.titles(ListingSearch(city: "oslo")).isEmpty)
    }

    @Test("Prices of weak currencies have more digits, and the database refuses more than a card can pay")
    func greatestPrices() async throws {
        let harness = try await SearchHarness()
        try await harness.add([SearchHarness.listing("Java Jazz", price: 999_999_999_999, currency: "IDR")])
        let search = ListingSearch(currency: Currency(rawValue: "IDR"), minPrice: 150_000_000)
        #expect(try await harness.titles(search) == ["Java Jazz"])
        await #expect(throws: PostgresError.self) {
            try await harness.add([SearchHarness.listing("Typing error", price: 1_000_000_000_000, currency: "IDR")])
        }
    }

    @Test("A city is found by its names in other languages")
    func citiesByOtherNames() async throws {
        let harness = try await SearchHarness()
        try await harness.add([
            SearchHarness.listing("Carnival", city: "Köln"), SearchHarness.listing("Opera", city: "Wien"),
        ])
        for (city, title) in [
            ("cologne", "Carnival"), ("Colonia", "Carnival"), ("koeln", "Carnival"), ("vienna", "Opera"),
        ] {
            #expect(try await harness.titles(ListingSearch(city: city)) == [title], "\(city)")
        }
    }

    @Test("The choices are the cities and currencies of the listings on sale")
    func choices() async throws {
        let harness = try await SearchHarness()
        try await harness.add([
            SearchHarness.listing("a", city: "Oslo"), SearchHarness.listing("b", city: "Bergen", currency: "NOK"),
            SearchHarness.listing("c", city: "Oslo", inDays: 9), SearchHarness.listing("d"),
            SearchHarness.listing("withdrawn", city: "Tromsø", currency: "SEK", withdrawn: true),
        ])
        try await harness.pool.execute("UPDATE tickets.tickets SET starts_at = starts_at + interval '50 years'")
        try await harness.add([SearchHarness.listing("past", city: "Ålesund", inDays: -30_000)])
        // A process reads the choices only now and then, and has none if that read takes too long.
        try await eventually("the choices are read before the timeout") {
            let choices = await ListingReads(harness.pool).choices()
            return choices.cities == ["Bergen", "Oslo"] && choices.currencies == ["EUR", "NOK"]
        }
    }

    @Test("Listings from before the terms get them by the backfill, and new ones by the trigger")
    func backfill() async throws {
        let harness = try await SearchHarness()
        try await harness.add([SearchHarness.listing("Ke$ha")])
        try await harness.pool.execute("UPDATE tickets.tickets SET search_terms = NULL")
        // Until the backfill, the listing is found only by its similar spelling.
        let before = try await harness.reads.search(ListingSearch(text: "kesha"), limit: 9, now: SearchHarness.now)
        #expect(before.isSimilar)
        let backfill = try #require(ListingsService().migrations?.first { $0.name.contains("V0032") })
        let statement = backfill.sql.split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
            .replacing("{{schema}}", with: "tickets").replacing(
                "{{first}}", with: "'00000000-0000-0000-0000-000000000000'"
            )
            .replacing("{{last}}", with: "'ffffffff-ffff-ffff-ffff-ffffffffffff'")
        try await harness.pool.execute("\(unsafe: statement)")
        let after = try await harness.reads.search(ListingSearch(text: "kesha"), limit: 9, now: SearchHarness.now)
        #expect(after.listings.map(\.state.title) == ["Ke$ha"] && !after.isSimilar)
        try await harness.pool.execute("UPDATE tickets.tickets SET title = 'P!nk'")
        #expect(try await harness.titles(ListingSearch(text: "pink")) == ["P!nk"])
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

    @Test("Each filter excludes listings, and combined filters exclude the listings of each")
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
            (ListingSearch(city: "OSLO"), "ab"), (ListingSearch(city: "os"), "ab"), (ListingSearch(city: "slo"), "ab"),
            (ListingSearch(city: "rome"), ""),
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
            // Searches by words, without words, and by similar spelling.
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
        _ = try await pool.pipeline([ListingsStore(limits: .unlimited).insert([Self.market[0]])].compactMap(\.self))
        let reader = PostgresPool(
            try await ReaderRole.configuration(from: pool.configuration), size: 1, acquireTimeout: .seconds(30))
        let found = try await ListingReads(reader).search(
            ListingSearch(text: "raydio nort"), limit: 10, now: SearchHarness.now)
        #expect(found.isSimilar && found.listings.count == 1)
    }

    @Test("A search that times out fails, and so does a further page of similar spellings")
    func timeouts() async throws {
        let harness = try await SearchHarness()
        let search = ListingSearch(text: "radio")
        let similar = SearchCursor(number: .max, id: .init(), isSimilar: true)
        try await harness.pool.withConnection { connection in
            try await connection.transaction { transaction in
                _ = try await transaction.query("LOCK TABLE tickets.tickets")
                for cursor in [nil, similar] {
                    await #expect(throws: SearchTookTooLong.self) {
                        _ = try await harness.reads.search(search, after: cursor, limit: 10, now: SearchHarness.now)
                    }
                }
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
                    currency: number % 100 == 1 ? "SEK" : "EUR", withdrawn: number % 20 == 0, age: number)
            })
        try await harness.pool.execute("VACUUM ANALYZE tickets.tickets")
        let indexes: [ListingSearch.Sort: String] = [
            .soonest: "tickets_soonest", .cheapest: "tickets_by_currency_and_whole_price",
            .dearest: "tickets_by_currency_and_whole_price", .newest: "tickets_newest",
        ]
        for sort in ListingSearch.Sort.allCases {
            let search = ListingSearch(currency: sort.isByPrice ? Currency(rawValue: "SEK") : nil, sort: sort)
            let next = try await harness.reads.search(search, limit: 20, now: SearchHarness.now).next
            for cursor in [nil, next] {
                let plan = try await harness.plan(search, after: cursor)
                #expect(plan.contains("using \(indexes[sort] ?? "-")") && !plan.contains("Sort"), "\(plan)")
            }
            let rare = try await harness.plan(ListingSearch(text: "number4711", sort: sort))
            #expect(rare.contains("tickets_terms"), "\(rare)")
            let city = try await harness.plan(ListingSearch(text: "number47", city: "city11", sort: sort))
            #expect(city.contains("tickets_terms") || city.contains("tickets_city_words"), "\(city)")
        }
        let similar = try await harness.pool.pipeline([
            "SET LOCAL enable_seqscan = off", "SET LOCAL search_path = public",
            """
            EXPLAIN SELECT id FROM tickets.tickets WHERE NOT withdrawn AND 'nunber4711' <% search_text
            """,
        ])[2]
        #expect(try similar.decode(String.self).joined().contains("tickets_spelling"))
    }

    /// Until the table is analyzed, a custom plan would read and sort all listings. The generic plan reads only the
    /// rows of the page.
    @Test func aPageOfNewListingsReadsNoMoreThanItsRows() async throws {
        let harness = try await SearchHarness()
        try await harness.add((0..<1000).map { SearchHarness.listing("Show \($0)", age: $0) })
        for sort in [ListingSearch.Sort.soonest, .newest] {
            let query = SearchQuery(ListingSearch(sort: sort), now: SearchHarness.now)
            let rowsRead: SQL = """
                SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
                FROM pg_stat_xact_user_tables WHERE relid = 'tickets.tickets'::regclass
                """
            let rows = try await harness.pool.pipeline([
                SearchPage.settings(timeout: "10s", plan: query.plan), rowsRead,
                query.sql(after: nil, limit: 21, now: SearchHarness.now), rowsRead,
            ])
            #expect(try rows[3][0].decode(Int64.self) - rows[1][0].decode(Int64.self) == 21)
        }
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
