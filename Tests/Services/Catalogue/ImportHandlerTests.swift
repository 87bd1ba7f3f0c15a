import FoundationEssentials
import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Services

/// Imports into the catalogue's rows, with real servers.
@Suite(.timeLimit(.minutes(2))) struct ImportHandlerTests {
    private let harness: ServiceHarness<CatalogueHandler>
    private let start = Timestamp(seconds: Timestamp.now().seconds + 30 * 86_400)

    init() async throws { harness = try await ServiceHarness(CatalogueHandler()) }

    private func row(
        _ id: String, _ title: String, performers: [String] = [], venue: String = "Harpa", city: String = "Reykjavík",
        days: Int64 = 0
    ) throws -> ImportedPerformance {
        var record = ImportRecord(line: 1)
        (record.externalId, record.title, record.performers) = (id, title, performers)
        (record.venue, record.city, record.country) = (venue, city, "IS")
        (record.timeZone, record.category) = ("Atlantic/Reykjavik", "concert")
        record.start = (start + .seconds(days * 86_400)).description
        return try record.performance(zones: []).get()
    }

    private func command(_ rows: [ImportedPerformance], source: String = "harpa") -> ImportPerformances {
        ImportPerformances(source: source, performances: rows, userVersion: 0)
    }

    @discardableResult
    private func send(_ rows: [ImportedPerformance], source: String = "harpa") async throws -> [ImportReply.Outcome] {
        let id = try await harness.send(command(rows, source: source), actor: .operator)
        try await harness.drain()
        let reply = try #require(try await harness.replies(to: id).last)
        return try JSONDecoder().decode(ImportReply.self, from: Data(reply.body.utf8)).rows.map(\.outcome)
    }

    private func count(_ table: SQL) async throws -> Int {
        try await harness.number("SELECT count(*) FROM catalogue.\(table)")
    }

    /// The place of each row in the table's file. A row that is written again gets a different place.
    private func places() async throws -> [String] {
        try await harness.pool.query(
            """
            SELECT id || ' ' || ctid FROM catalogue.performances UNION ALL SELECT id || ' ' || ctid FROM catalogue.events
            UNION ALL SELECT id || ' ' || ctid FROM catalogue.venues
            UNION ALL SELECT external_id || ' ' || ctid FROM catalogue.imports ORDER BY 1
            """
        ).decode(String.self)
    }

    @Test func aRepeatWritesNoRowAndNoEvent() async throws {
        let rows = try (0..<60).map { try row("\($0)", "Show \($0 / 3)", performers: ["Björk"], days: Int64($0)) }
        #expect(try await send(rows) == Array(repeating: .created, count: 60))
        let before = try await places()
        let events = try await count("outbox")
        #expect(events == 60 + 20 + 1 + 1 && before.count == 60 + 20 + 1 + 60 + 20)
        #expect(try await send(rows) == Array(repeating: .unchanged, count: 60))
        #expect(try await places() == before)
        #expect(try await count("outbox") == events)
        // The published state is the stored one.
        let event = try await harness.pool.query(
            "SELECT body::text FROM catalogue.outbox WHERE type = 'PerformanceCreated' ORDER BY id LIMIT 1")[0]
            .decode(String.self)
        let announced = try JSONDecoder().decode(PerformanceState.self, from: Data(event.utf8))
        #expect(try await CatalogueReads(harness.pool).performance(announced.id) == announced)
    }

    @Test func onlyTheChangedRowIsWritten() async throws {
        try await send([try row("a", "One"), try row("b", "Two", days: 1)])
        let events = try await count("outbox")
        #expect(try await send([try row("a", "One"), try row("b", "Two", days: 2)]) == [.unchanged, .changed])
        #expect(try await count("outbox") == events + 1)
        #expect(try await harness.number("SELECT max(version) FROM catalogue.performances") == 2)
    }

    @Test func entriesAreFoundWhateverTheirAccentsAndCase() async throws {
        try await send([try row("a", "Ólafur Arnalds", venue: "Café Rosenberg")], source: "one")
        let other = [
            try row("x", "olafur arnalds", venue: "CAFE ROSENBERG", city: "Reykjavik"),
            try row("y", "OLAFUR  ARNALDS!", venue: "Cafe Rosenberg", city: "reykjavík", days: 1),
        ]
        #expect(try await send(other, source: "two") == [.unchanged, .created])
        #expect(try await count("events") == 1)
        #expect(try await count("venues") == 1)
        #expect(try await count("performances") == 2)
    }

    @Test func twoImportsAtOnceAddAVenueAndAnEventOnce() async throws {
        let other = try await ServiceHarness(CatalogueHandler(), sharing: harness)
        try await harness.send(command([try row("a", "Vespertine")], source: "one"), actor: .operator)
        let first = try #require(try await harness.nextDue())
        try await harness.send(command([try row("b", "Vespertine", days: 1)], source: "two"), actor: .operator)
        let second = try #require(try await other.nextDue())
        let tasks = try await harness.holdingCommits {
            let tasks = [Task { try await harness.handle(first) }, Task { try await other.handle(second) }]
            try await harness.waitForLocks(2)
            return tasks
        }
        for task in tasks { try await task.value }
        #expect(try await count("performances") == 2)
        #expect(try await count("venues") == 1)
        #expect(try await count("events") == 1)
    }

    @Test func aRenamedEventIsFollowedAndAMergedOneIsFound() async throws {
        try await send([try row("a", "Vespertin"), try row("b", "Biophilia", days: 1)])
        #expect(try await send([try row("a", "Vespertine")]) == [.changed])
        try await harness.runWork()
        #expect(try await count("events") == 2)
        let titles: SQL = "SELECT title FROM catalogue.performances ORDER BY title"
        #expect(try await harness.pool.query(titles).decode(String.self) == ["Biophilia", "Vespertine"])
        let ids = try await harness.pool.query("SELECT id FROM catalogue.events ORDER BY title")
            .decode(CatalogueID.self)
        try await harness.send(
            MergeEntries(kind: .event, from: ids[0], into: ids[1], userVersion: 0), actor: .operator)
        try await harness.drain()
        try await harness.runWork()
        // A further date of the merged event becomes a date of the event that it was merged into.
        #expect(try await send([try row("c", "Biophilia", days: 2)]) == [.created])
        #expect(try await harness.pool.query(titles).decode(String.self) == Array(repeating: "Vespertine", count: 3))
    }

    @Test func oddTextsAreStoredAsTheyAre() async throws {
        // Folding expands this character to eighteen, and removes the other texts completely.
        let titles = [String(repeating: "\u{fdfa}", count: 120), "!!!", "???", "<b>'; DROP TABLE x --"]
        let rows = try titles.enumerated().map { number, title in
            try row("\(number)", title, venue: String(title.prefix(120)), city: String(title.prefix(80)))
        }
        #expect(try await send(rows) == Array(repeating: .created, count: 4))
        #expect(try await count("events") == 4)
        #expect(try await count("venues") == 4)
        #expect(try await send(rows, source: "other") == Array(repeating: .unchanged, count: 4))
        // The command's sender checks texts, but even a text that PostgreSQL refuses affects no other row.
        var odd = try row("z", "z", days: 3)
        odd.event.title = "a\u{0}b"
        #expect(try await send([odd, try row("y", "y", days: 4)]) == [.failed, .created])
    }

    @Test func theLookupsUseTheirIndexes() async throws {
        for (query, index) in [
            (ImportQueries.shows(titled: ["a"]), "events_by_title"),
            (ImportQueries.venues([ImportLookup.VenueName(name: "a", city: "b")]), "venues_by_name"),
        ] {
            // Workers plan the query in the same way.
            let plan = try await harness.pool.withTransaction { transaction in
                try await transaction.execute("SET LOCAL enable_seqscan = off")
                return try await transaction.query("EXPLAIN \(query)").decode(String.self).joined(separator: "\n")
            }
            #expect(plan.contains(index), "\(plan)")
        }
    }
}
