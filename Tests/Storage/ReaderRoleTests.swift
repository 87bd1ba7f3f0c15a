import Marketplace
import PostgresClient
import Services
import Storage
import Support
import Testing

@Suite("Reader role", .timeLimit(.minutes(2)))
struct ReaderRoleTests {
    @Test("The reader role reads every table, also later partitions, and writes none")
    func reader() async throws {
        let pool = try await freshPool()
        let outbox = Outbox(service: .orders)
        _ = try await pool.query("SELECT setval('orders.outbox_ids', 5000000)")
        _ = try await outbox.maintain(on: pool)
        _ = try await pool.pipeline(outbox.appendSQL([event(1)]))
        try await pool.execute("CREATE TABLE users.later (n int)")

        let configuration = try await ReaderRole.configuration(from: pool.configuration)
        #expect(configuration.role == ReaderRole.name)
        let reader = try await PostgresConnection.connect(configuration)
        #expect(try await outbox.read(after: 0, limit: 10, on: reader).count == 1)
        #expect(try await reader.query("SELECT * FROM users.later").isEmpty)
        #expect(try await reader.query("SELECT count(*) FROM orders.outbox_5")[0].decode(Int.self) == 1)

        let writes: [SQL] = [
            "INSERT INTO orders.marks VALUES ('a', 1)", "UPDATE orders.outbox SET v = 2", "DELETE FROM orders.outbox_5",
            "SELECT nextval('orders.outbox_ids')", "CREATE TABLE users.mine (n int)", "DROP TABLE users.later",
            "TRUNCATE users.later", "CREATE SCHEMA mine", "SELECT id FROM orders.outbox FOR UPDATE",
        ]
        for write in writes {
            let error = try await failure { _ = try await reader.query(write) }
            #expect(["25006", "42501"].contains(error.sqlState), "\(write)")
        }
        // Without the read-only setting, the privileges still prevent writes.
        try await reader.execute("SET default_transaction_read_only = off")
        for write in writes {
            #expect(try await failure { _ = try await reader.query(write) }.sqlState == "42501", "\(write)")
        }
    }

    @Test("Migrations by a login that may not create roles succeed with a notice, and settings prevent writes")
    func withoutPrivileges() async throws {
        let pool = try await freshPool(migrated: false)
        let user = "plain_\(UInt32.random(in: 0...UInt32.max))"
        let database = try await pool.query("SELECT current_database()::text")[0].decode(String.self)
        try await pool.execute("CREATE ROLE \(identifier: user) LOGIN NOCREATEROLE")
        try await pool.execute("GRANT CREATE ON DATABASE \(identifier: database) TO \(identifier: user)")
        var plain = pool.configuration
        plain.role = user
        // A session that uses the role has the same privileges as a login with that role.
        let connection = try await PostgresConnection.connect(plain)
        let report = try await Migrator(connection: connection, logger: quiet).migrate(
            services: ServiceRegistry.topology.names)
        #expect(report.notices.count == 1)
        let configuration = try await ReaderRole.configuration(from: plain)
        #expect(configuration.role == user)
        let reader = try await PostgresConnection.connect(configuration)
        #expect(try await failure { try await reader.execute("DELETE FROM orders.inbox") }.sqlState == "25006")
        try await pool.execute("DROP OWNED BY \(identifier: user) CASCADE")
        try await pool.execute("DROP ROLE \(identifier: user)")
    }
}
