import Marketplace
import PostgresClient
import Services
import Support
import Testing

@testable import Storage

@Suite("A database that a newer build has migrated", .timeLimit(.minutes(2)))
struct NewerDatabaseTests {
    private let old = Migration(.users, "V1", Array("CREATE SCHEMA {{schema}};".utf8))
    private let new = Migration(.users, "V2", Array("CREATE TABLE users.b (n int);".utf8))
    private let breaking = Migration(
        .users, "V3", Array("-- breaks-older-builds\nCREATE TABLE users.c (n int);".utf8))

    private func migrator(_ migrations: [Migration], _ pool: PostgresPool) async throws -> Migrator {
        Migrator(
            connection: try await PostgresConnection.connect(pool.configuration), migrations: migrations, logger: quiet)
    }

    @Test("The database is accepted with a notice")
    func accepted() async throws {
        let pool = try await freshPool(migrated: false)
        try await migrator([old, new], pool).migrate(services: [.users])
        let report = try await migrator([old], pool).migrate(services: [.users])
        #expect(report.applied.isEmpty && report.notices.contains { $0.contains("users/V2") })
        let status = try await migrator([old], pool).status(services: [.users])
        #expect(status.map(\.name) == ["users/V1", "users/V2"] && status.allSatisfy { $0.appliedAt != nil })
        #expect(status.map(\.kind) == [.transactional, nil])
    }

    @Test("The database is accepted with a row that was inserted by hand or by the previous build")
    func foreignRow() async throws {
        let pool = try await freshPool()
        try await pool.execute(
            "INSERT INTO gittix.gittix_migrations (name, checksum) VALUES ('orders/V9999_later', 'x')")
        let connection = try await PostgresConnection.connect(pool.configuration)
        let report = try await Migrator(connection: connection, logger: quiet).migrate(
            services: ServiceRegistry.topology.names)
        #expect(report.notices.contains { $0.contains("orders/V9999_later") })
    }

    @Test("The database is refused if a migration breaks older builds, and accepted by the build that has it")
    func refused() async throws {
        let pool = try await freshPool(migrated: false)
        try await migrator([old, breaking], pool).migrate(services: [.users])
        for attempt in [0, 1] {
            let error = await #expect(throws: MigrationError.self) {
                let migrator = try await migrator([old, new], pool)
                if attempt == 0 {
                    try await migrator.migrate(services: [.users])
                } else {
                    _ = try await migrator.status(services: [.users])
                }
            }
            #expect(error.map { "\($0)".contains("users/V3") } == true)
        }
        #expect(try await migrator([old, breaking], pool).migrate(services: [.users]).applied.isEmpty)
    }

    @Test("The table of the previous build gets its new column, and that build can still record migrations")
    func olderTable() async throws {
        let pool = try await freshPool(migrated: false)
        _ = try await pool.pipeline([
            "CREATE SCHEMA gittix",
            """
            CREATE TABLE gittix.gittix_migrations (
                name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
            """,
        ])
        #expect(try await migrator([old], pool).status(services: [.users]).map(\.appliedAt) == [nil])
        try await migrator([old], pool).migrate(services: [.users])
        try await pool.execute(
            "INSERT INTO gittix.gittix_migrations (name, checksum) VALUES ('users/V2', 'as the build before does')")
        #expect(try await migrator([old], pool).status(services: [.users]).count == 2)
    }
}
