import Marketplace
import Services
import Testing

@testable import Storage

@Suite("Directives of migrations")
struct MigrationDirectivesTests {
    private func directives(_ text: String) throws -> MigrationDirectives {
        try MigrationDirectives(of: "users/V1", text: text)
    }

    @Test("Every migration of this build can be read, and those without directives are transactional")
    func present() throws {
        for migration in ServiceRegistry.migrations {
            let directives = try MigrationDirectives(of: migration.name, text: migration.sql)
            if migration.name.contains("V000") { #expect(directives.kind == .transactional, "\(migration.name)") }
        }
    }

    @Test("The kinds")
    func kinds() throws {
        #expect(try directives("-- A comment: kind: none\nSELECT 1; SELECT 2;").kind == .transactional)
        #expect(try directives("-- kind: transactional\n-- breaks-older-builds\nSELECT 1;").breaksOlderBuilds)
        #expect(
            try directives("-- kind: concurrent\n-- A comment.\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);")
                .kind
                == .concurrent)
        let backfill = try directives(
            "-- kind: backfill\n-- table: users.t\n-- key: id\n-- rows: 50\nUPDATE t SET a = 1 WHERE id BETWEEN {{first}} AND {{last}}"
        )
        #expect(backfill.kind == .backfill(BackfillSlices(table: "users.t", key: "id", rows: 50)))
    }

    @Test(
        "Wrong directives are refused by name",
        arguments: [
            ("-- sort: concurrent\nSELECT 1", "“sort”"), ("-- kind: fast\nSELECT 1", "“fast”"),
            ("-- kind: concurrent\n-- kind: backfill\nSELECT 1", "“kind”"),
            ("-- kind: concurrent\nSELECT 1; SELECT 2", "one statement"),
            ("-- kind: concurrent\nCREATE INDEX i ON t (a)", "IF NOT EXISTS"),
            ("-- kind: backfill\nUPDATE t SET a = 1", "“table”"),
            ("-- kind: backfill\n-- table: t\n-- key: id\n-- rows: 0\nUPDATE t SET a = 1", "“rows”"),
            ("-- kind: backfill\n-- table: t\n-- key: id\nUPDATE t SET a = 1", "{{first}}"),
        ])
    func wrong(_ text: String, _ reason: String) throws {
        let error = #expect(throws: MigrationError.self) { try directives(text) }
        #expect(error.map { "\($0)".contains(reason) && "\($0)".contains("users/V1") } == true)
    }
}
