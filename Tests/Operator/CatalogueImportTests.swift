import ArgumentParser
import Foundation
import Marketplace
import Streams
import Support
import Testing

@testable import Operator

/// `gittix catalogue import` with real workers.
@Suite(.timeLimit(.minutes(3)))
struct CatalogueImportTests {
    private let harness: OperatorHarness
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

    init() async throws {
        harness = try await OperatorHarness()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private static let header = "id,title,venue,city,country,time_zone,start,status\n"

    /// Returns the path of a file with this number of performances, of 40 events in 7 venues.
    private func file(rows: Int, _ name: String = "programme.csv") throws -> String {
        let rows = (0..<rows).map { number in
            // Only the first row of each venue describes the venue.
            let venue = number < 7 ? "Hall \(number),Berlin,DE,Europe/Berlin" : "Hall \(number % 7),Berlin,,"
            let day = CivilDay(daysSince1970: 24_000 + number)
            let date = "\(day.year)-\(String(100 + day.month).dropFirst())-\(String(100 + day.day).dropFirst())"
            return "\(number),Show \(number % 40),\(venue),\(date) 19:30,\n"
        }
        return try write(Self.header + rows.joined(), name)
    }

    private func write(_ text: String, _ name: String) throws -> String {
        let path = folder.appendingPathComponent(name).path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// All results of an import, without ids and times of the import.
    private static let result = """
        SELECT 'performance', own.title, venue, city, country, own.time_zone, starts_at, own.status, own.version::text,
            external_id, digest FROM catalogue.performances AS own
        FULL JOIN catalogue.imports ON target_id = own.id AND kind = 'performance' WHERE kind IS DISTINCT FROM 'event'
        UNION ALL
        SELECT 'event', title, '', '', '', '', NULL, status, version::text, external_id, digest
            FROM catalogue.events AS own FULL JOIN catalogue.imports ON target_id = own.id AND kind = 'event'
            WHERE kind IS DISTINCT FROM 'performance'
        UNION ALL
        SELECT 'venue', name, '', city, country, time_zone, NULL, status, version::text, '', '' FROM catalogue.venues
        ORDER BY 1, 2, 3, 7, 10
        """

    private func imported(into harness: OperatorHarness) async throws -> [[String]] {
        try await eventually("no command is left") {
            try await harness.count("XLEN", harness.keys.commands(.catalogue)) == 0
        }
        return try await harness.database.rows(Self.result)
    }

    @Test func `without --execute it only reports the effect of an import`() async throws {
        let path = try file(rows: 9)
        let plan = try await harness.gittix("catalogue", "import", path)
        #expect(plan.status == 0, "\(plan.output)")
        #expect(
            plan.lines == [
                "9 rows of programme: 9 new, 0 changed, 0 unchanged, 0 failed",
                "Nothing was imported. Run with --execute to import.",
            ])
        #expect(try await harness.count("XLEN", harness.keys.commands(.catalogue)) == 0)
    }

    @Test func `a repeat changes nothing, and after a kill half-way the result is the same`() async throws {
        let path = try file(rows: 1500)
        try await harness.runWorkers("catalogue") {
            let first = try await harness.gittix("catalogue", "import", path, "--execute")
            #expect(first.status == 0 && first.has("1500 created, 0 changed, 0 unchanged"), "\(first.output)")
            let result = try await imported(into: harness)
            let events = try await harness.database.count("SELECT count(*) FROM catalogue.outbox")
            #expect(events == 1500 + 40 + 7 && result.count == 1500 + 40 + 7)
            let second = try await harness.gittix("catalogue", "import", path, "--execute")
            #expect(second.status == 0 && second.has("0 created, 0 changed, 1500 unchanged"), "\(second.output)")
            #expect(try await harness.database.count("SELECT count(*) FROM catalogue.outbox") == events)
            #expect(try await imported(into: harness) == result)
        }
        let killed = try await OperatorHarness()
        // Each slice after the seventh takes ten seconds, so that the kill comes before the end.
        try await killed.database.execute(
            """
            CREATE FUNCTION catalogue.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF (SELECT count(*) FROM catalogue.performances) >= 700 THEN PERFORM pg_sleep(10); END IF;
                RETURN NULL;
            END $$
            """)
        try await killed.database.execute(
            """
            CREATE TRIGGER wait BEFORE INSERT ON catalogue.performances
            FOR EACH STATEMENT EXECUTE FUNCTION catalogue.wait()
            """)
        let worker = try await ProductProcess.start(
            "Workers", ["catalogue"], environment: killed.settings, ready: "Workers started")
        let process = try await ProductProcess.start(
            "gittix", ["catalogue", "import", path, "--execute"], environment: killed.settings, ready: nil)
        try await eventually("a part is imported") {
            try await killed.database.count("SELECT count(*) FROM catalogue.performances") >= 300
        }
        try await process.killAndWait()
        try await worker.killAndWait()
        let part = try await killed.database.count("SELECT count(*) FROM catalogue.performances")
        #expect(part % ImportPerformances.limit == 0 && part < 1500, "whole slices: \(part)")
        try await killed.database.execute("DROP TRIGGER wait ON catalogue.performances")
        try await killed.runWorkers("catalogue") {
            let again = try await killed.gittix("catalogue", "import", path, "--execute")
            #expect(again.status == 0, "\(again.output)")
            let undisturbed = try await harness.database.rows(Self.result)
            #expect(try await imported(into: killed) == undisturbed)
        }
        let events = try await killed.database.count("SELECT count(*) FROM catalogue.outbox")
        #expect(events == 1500 + 40 + 7)
    }

    @Test func `rows with errors are reported by line, and the others are imported`() async throws {
        let venue = "Waldbühne,Berlin,DE,Europe/Berlin"
        let path = try write(
            Self.header + """
                1,One,\(venue),2040-05-01T20:00,
                2,Two,\(venue),2040-03-25T02:30,
                3,"Three,\(venue),2040-05-03T20:00,
                4,Four,Nowhere,Berlin,,,2040-05-04T20:00,
                5,Five,\(venue),2001-05-05T20:00,
                6,\u{1b}[2J<b>,\(venue),2040-05-06T20:00,
                7,<script>alert(1)</script>,\(venue),2040-05-07T20:00,
                8,Eight,\(venue),2040-05-08T20:00,lost

                """, "feed.csv")
        try await harness.runWorkers("catalogue") {
            for expected in ["2 created, 0 changed, 0 unchanged", "0 created, 0 changed, 2 unchanged"] {
                let result = try await harness.gittix("catalogue", "import", path, "--execute")
                #expect(result.status == 1)
                let starts = result.lines.map { $0.prefix { $0 != ":" } }
                #expect(
                    starts == ["line 3", "line 4", "line 5", "line 7", "line 9", "8 rows of feed"], "\(result.output)")
                #expect(result.has("\(expected), 1 skipped, 5 failed"), "\(result.output)")
                #expect(!result.has("\u{1b}") && result.has("does not exist in Europe/Berlin"))
            }
        }
        #expect(
            try await harness.database.column("SELECT title FROM catalogue.performances ORDER BY 1")
                == ["<script>alert(1)</script>", "One"])
    }

    @Test func `an invalid or missing file is refused`() async throws {
        let html = try write("<html>\n<body>Moved</body></html>", "feed.json")
        let result = try await harness.gittix("catalogue", "import", html)
        #expect(result.status == 1 && result.has("feed.json: line 1: invalid JSON"), "\(result.output)")
        for path in [folder.path + "/missing.csv", folder.path] {
            let result = try await harness.gittix("catalogue", "import", path, "--format", "csv")
            #expect(result.status != 0, "\(path): \(result.output)")
        }
        // An endless file is read only up to the limit.
        let endless = try await harness.gittix("catalogue", "import", "/dev/zero", "--format", "ics")
        #expect(endless.has("32 MiB"), "\(endless.output)")
    }

    @Test(arguments: [
        (["x.txt"], "--format"), (["x.csv", "--time-zone", "CET"], "--time-zone"),
        (["x.csv", "--country", "Germany"], "--country"), (["x.csv", "--category", "opera"], "--category"),
        (["x.csv", "--source", " "], "--source"),
    ])
    func `a wrong argument is explained`(words: [String], hint: String) throws {
        let error = #expect(throws: (any Error).self) { _ = try GitTix.parseAsRoot(["catalogue", "import"] + words) }
        let message = GitTix.message(for: try #require(error))
        #expect(message.contains(hint), "\(message)")
    }
}
