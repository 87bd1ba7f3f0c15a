import Marketplace
import PostgresClient
import Support
import Testing

@testable import Storage

@Suite("Migrations", .timeLimit(.minutes(2)))
struct MigrationTests {
    private func connect(_ pool: PostgresPool) async throws -> PostgresConnection {
        try await PostgresConnection.connect(pool.configuration)
    }

    @Test("Applied once, in order, with every service's schema; a second run changes nothing")
    func twice() async throws {
        let pool = try await freshPool(migrated: false)
        let connection = try await connect(pool)
        let migrator = Migrator(connection: connection, logger: quiet)
        #expect(try await migrator.status(services: Service.allCases).allSatisfy { $0.appliedAt == nil })
        let first = try await migrator.migrate(services: Service.allCases)
        #expect(first.applied == Migration.all.map(\.name))
        #expect(try await migrator.migrate(services: Service.allCases).applied.isEmpty)
        #expect(try await migrator.status(services: Service.allCases).allSatisfy { $0.appliedAt != nil })
        for service in Service.allCases where service.hasSchema {
            let outbox = Outbox(service: service)
            #expect(try await outbox.lastID(on: pool) == 0)
            #expect(try await Inbox(service: service).find([], on: pool).isEmpty)
        }
    }

    @Test("Only the schemas of the services that live in the database are made")
    func oneService() async throws {
        let pool = try await freshPool(migrated: false)
        let report = try await Migrator(connection: try await connect(pool), logger: quiet).migrate(services: [
            .orders, .expiration,
        ])
        #expect(
            report.applied == [
                "orders/V0000_service", "orders/V0003_orders", "orders/V0006_event_details", "orders/V0007_order_list",
                "orders/V0009_orders_at_speed", "orders/V0010_inbox_slots",
            ])
        let schemas = try await pool.query(
            "SELECT nspname::text FROM pg_namespace WHERE nspname IN ('users', 'orders')")
        #expect(try schemas.decode(String.self) == ["orders"])
    }

    @Test("Four at once: each migration is applied by one of them")
    func concurrently() async throws {
        let pool = try await freshPool(migrated: false)
        let applied = try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    let connection = try await PostgresConnection.connect(pool.configuration)
                    return try await Migrator(connection: connection, logger: quiet).migrate(services: Service.allCases)
                        .applied
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == Migration.all.map(\.name).sorted())
    }

    private func migration(_ file: String, _ sql: String) -> Migration { Migration(.users, file, Array(sql.utf8)) }

    @Test("A migration that was changed after it had been applied is refused, and so is a database that is ahead")
    func changed() async throws {
        let pool = try await freshPool(migrated: false)
        let (one, two) = (
            migration("V1", "CREATE SCHEMA {{schema}}; CREATE TABLE users.a (n int);"),
            migration("V2", "CREATE TABLE users.b (n int);")
        )
        func migrate(_ migrations: [Migration]) async throws -> [String] {
            try await Migrator(connection: try await connect(pool), migrations: migrations, logger: quiet)
                .migrate(services: [.users]).applied
        }
        #expect(try await migrate([one]) == ["users/V1"])
        #expect(try await migrate([one, two]) == ["users/V2"])
        await #expect(throws: MigrationError.self) {
            _ = try await migrate([migration("V1", "CREATE SCHEMA {{schema}};"), two])
        }
        let ahead = await #expect(throws: MigrationError.self) { _ = try await migrate([one]) }
        #expect(ahead.map { "\($0)".contains("users/V2") } == true)
    }

    @Test("A migration that fails leaves nothing behind, and those before it stay")
    func failing() async throws {
        let pool = try await freshPool(migrated: false)
        let connection = try await connect(pool)
        let migrations = [
            migration("V1", "CREATE SCHEMA {{schema}};"),
            migration("V2", "CREATE TABLE users.a (n int); SELECT 1 / 0;"),
        ]
        await #expect(throws: MigrationError.self) {
            _ = try await Migrator(connection: connection, migrations: migrations, logger: quiet).migrate(services: [
                .users
            ])
        }
        let left = try await pool.query("SELECT to_regclass('users.a') IS NULL, name FROM gittix.gittix_migrations")
        let (isGone, name) = try left[0].decode((Bool, String).self)
        #expect(left.count == 1 && isGone && name == "users/V1")
        // The lock went with the connection.
        #expect(connection.isClosed)
        #expect(
            try await Migrator(connection: try await connect(pool), migrations: [migrations[0]], logger: quiet)
                .migrate(services: [.users]).applied.isEmpty)
    }
}
