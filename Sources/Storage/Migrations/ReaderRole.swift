import Marketplace
public import PostgresClient

/// The role that may only read: the API's.
public enum ReaderRole {
    public static let name = "gittix_reader"

    /// Makes the role where that is allowed, and lets it read the services' tables, present and future. Returns what
    /// could not be done.
    static func grant(_ services: [Service], on connection: PostgresConnection) async throws -> [String] {
        do {
            try await create(on: connection)
            let schemas = ["gittix"] + services.map(\.rawValue)
            try await connection.transaction { transaction in
                try await transaction.script(unsafe: schemas.map(grants).joined())
            }
            return []
        } catch let error as PostgresError where error.sqlState == "42501" || error.sqlState == "42704" {
            return [
                """
                the role \(name) could not be set up (\(error.message)): the API's sessions are read-only by their \
                settings alone
                """
            ]
        }
    }

    private static func grants(_ schema: String) -> String {
        """
        GRANT USAGE ON SCHEMA \(schema) TO \(name);
        GRANT SELECT ON ALL TABLES IN SCHEMA \(schema) TO \(name);
        ALTER DEFAULT PRIVILEGES IN SCHEMA \(schema) GRANT SELECT ON TABLES TO \(name);

        """
    }

    /// Roles belong to the whole server: another database's migrations may be making the same one.
    private static func create(on connection: PostgresConnection) async throws {
        var attemptsLeft = 10
        while true {
            do {
                return try await connection.script(
                    unsafe: """
                        DO $$ BEGIN
                            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\(name)') THEN
                                CREATE ROLE \(name) NOLOGIN;
                            END IF;
                            IF NOT pg_has_role(current_user, '\(name)', 'MEMBER') THEN
                                GRANT \(name) TO CURRENT_USER;
                            END IF;
                        END $$;
                        """)
            } catch let error as PostgresError where isRace(error) && attemptsLeft > 1 {
                attemptsLeft -= 1
            }
        }
    }

    /// Made by another meanwhile: the row of the role, or "tuple concurrently updated".
    private static func isRace(_ error: PostgresError) -> Bool {
        ["42710", "23505", "XX000"].contains(error.sqlState)
    }

    /// The same configuration, for sessions that only read: as the reader role, where the user may take it on, and
    /// read-only by its settings in any case. Asks the server.
    public static func configuration(from base: PostgresConfiguration) async throws -> PostgresConfiguration {
        var configuration = base
        configuration.sessionSettings.append(("default_transaction_read_only", "on"))
        let connection = try await PostgresConnection.connect(configuration)
        let mayRead = try await connection.query(
            """
            SELECT EXISTS (
                SELECT FROM pg_roles WHERE rolname = \(name) AND pg_has_role(current_user, oid, 'MEMBER'))
            """)[0].decode(Bool.self)
        await connection.close()
        if mayRead { configuration.role = name }
        return configuration
    }
}
