import Marketplace
import PostgresClient
import Services
import Support
import Testing

@testable import Storage

extension Migration {
    /// The number of the file: 3 for `orders/V0003_orders`.
    fileprivate var number: Int? { name.split(separator: "/").last.flatMap { Int($0.dropFirst().prefix(4)) } }
}

@Suite("Migrations", .timeLimit(.minutes(2)))
struct MigrationTests {
    private func connect(_ pool: PostgresPool) async throws -> PostgresConnection {
        try await PostgresConnection.connect(pool.configuration)
    }

    @Test("Migrations are applied once and in order, and a second run changes nothing")
    func twice() async throws {
        let pool = try await freshPool(migrated: false)
        let connection = try await connect(pool)
        let migrator = Migrator(connection: connection, logger: quiet)
        #expect(try await migrator.status(services: ServiceRegistry.topology.names).allSatisfy { $0.appliedAt == nil })
        let first = try await migrator.migrate(services: ServiceRegistry.topology.names)
        #expect(first.applied == ServiceRegistry.migrations.map(\.name))
        #expect(try await migrator.migrate(services: ServiceRegistry.topology.names).applied.isEmpty)
        #expect(try await migrator.status(services: ServiceRegistry.topology.names).allSatisfy { $0.appliedAt != nil })
        for service in ServiceRegistry.topology.withSchema {
            let outbox = Outbox(service: service)
            #expect(try await outbox.lastID(on: pool) == 0)
            #expect(try await Inbox(service: service).find([], on: pool).isEmpty)
        }
    }

    @Test("Only the schemas of the requested services are created")
    func oneService() async throws {
        let pool = try await freshPool(migrated: false)
        let report = try await Migrator(connection: try await connect(pool), logger: quiet).migrate(services: [
            .orders, .expiration,
        ])
        #expect(report.applied == ServiceRegistry.migrations.map(\.name).filter { $0.hasPrefix("orders/") })
        let schemas = try await pool.query(
            "SELECT nspname::text FROM pg_namespace WHERE nspname IN ('users', 'orders')")
        #expect(try schemas.decode(String.self) == ["orders"])
    }

    @Test("Four migrators at once apply each migration once")
    func concurrently() async throws {
        let pool = try await freshPool(migrated: false)
        let applied = try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    let connection = try await PostgresConnection.connect(pool.configuration)
                    return try await Migrator(connection: connection, logger: quiet).migrate(
                        services: ServiceRegistry.topology.names
                    )
                    .applied
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == ServiceRegistry.migrations.map(\.name).sorted())
    }

    @Test("An index on a table that may be large is built concurrently")
    func indexes() throws {
        for migration in ServiceRegistry.migrations where (migration.number ?? 0) > 10 {
            guard try MigrationDirectives(of: migration.name, text: migration.sql).kind == .transactional else {
                continue
            }
            for match in migration.sql.matches(of: /CREATE (?:UNIQUE )?INDEX .* ON ([a-z_.]+)/) {
                #expect(migration.sql.contains("CREATE TABLE \(match.1) "), "\(migration.name): \(match.0)")
            }
        }
    }

    @Test("The requests of calls that have ended are cleared, and those that may be sent again stay")
    func requestsOfEndedCalls() async throws {
        let pool = try await freshPool(migrated: false)
        let before = ServiceRegistry.migrations.filter { !$0.name.hasSuffix("V0019_requests_of_ended_calls") }
        try await Migrator(connection: try await connect(pool), migrations: before, logger: quiet)
            .migrate(services: [.payments])
        try await pool.withConnection { connection in
            try await connection.script(
                unsafe: """
                    INSERT INTO payments.orders (id, user_id, title, quantity, price, total, currency, status,
                        expires_at, version)
                    SELECT gen_random_uuid(), gen_random_uuid(), 'Row 1', 1, 100, 100, 'usd', 'complete', now(), 1
                    FROM generate_series(1, 1200);
                    INSERT INTO payments.attempts (order_id, number, state, amount, currency, session_expires_at,
                        created_at, updated_at)
                    SELECT id, 1, 'captured', 100, 'usd', now(), now(), now() FROM payments.orders;
                    INSERT INTO payments.calls (order_id, attempt, operation, try, state, request, due_at, created_at,
                        updated_at)
                    SELECT id, 1, 'capture', place, state, '{}'::json, now(), now(), now()
                    FROM payments.orders, unnest('{done,withdrawn,refused,doubted,pending}'::text[])
                        WITH ORDINALITY AS calls (state, place);
                    """)
        }
        let applied = try await Migrator(connection: try await connect(pool), logger: quiet)
            .migrate(services: [.payments]).applied
        #expect(applied == ["payments/V0019_requests_of_ended_calls"])
        let cleared = try await pool.query(
            "SELECT state || ' ' || count(*) FROM payments.calls WHERE request IS NULL GROUP BY state ORDER BY state"
        ).decode(String.self)
        #expect(cleared == ["done 1200", "withdrawn 1200"])
    }

    private func migration(_ file: String, _ sql: String) -> Migration { Migration(.users, file, Array(sql.utf8)) }

    @Test("A changed migration is refused")
    func changed() async throws {
        let pool = try await freshPool(migrated: false)
        func migrate(_ migrations: [Migration]) async throws -> [String] {
            try await Migrator(connection: try await connect(pool), migrations: migrations, logger: quiet)
                .migrate(services: [.users]).applied
        }
        #expect(
            try await migrate([migration("V1", "CREATE SCHEMA {{schema}}; CREATE TABLE users.a ();")]) == ["users/V1"])
        let error = await #expect(throws: MigrationError.self) {
            _ = try await migrate([migration("V1", "CREATE SCHEMA {{schema}};")])
        }
        #expect(error.map { "\($0)".contains("users/V1") } == true)
    }

    @Test("A failed migration is rolled back, and the migrations before it stay")
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
        // The lock was released with the connection.
        #expect(connection.isClosed)
        #expect(
            try await Migrator(connection: try await connect(pool), migrations: [migrations[0]], logger: quiet)
                .migrate(services: [.users]).applied.isEmpty)
    }
}
