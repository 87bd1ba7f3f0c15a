import Marketplace
public import PostgresClient

/// The role that may only read: the API's.
public enum ReaderRole {
    public static let name = "gittix_reader"

    /// Makes the role where that is allowed, and lets it read the services' tables, present and future. Returns what
    /// could not be done.
    static func grant(_ services: [Service], on connection: PostgresConnection) async throws -> [String] {
        let exists: SQL = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = \(name))"
        do {
            try await patiently {
                guard try await !connection.query(exists)[0].decode(Bool.self) else { return }
                try await connection.script(unsafe: "CREATE ROLE \(name) NOLOGIN")
            }
        } catch let error as PostgresError where error.sqlState == insufficientPrivilege {
            return ["the role \(name) could not be made: the API's sessions are read-only by their settings alone"]
        }
        let schemas = ["gittix"] + services.map(\.rawValue)
        try await connection.transaction { transaction in
            try await transaction.script(unsafe: schemas.map(grants).joined())
        }
        do {
            try await patiently {
                guard try await !connection.query(isMember)[0].decode(Bool.self) else { return }
                try await connection.script(unsafe: "GRANT \(name) TO CURRENT_USER")
            }
        } catch let error as PostgresError where error.sqlState == insufficientPrivilege {
            return ["this user may not take on the role \(name): the API needs a user of its own that may"]
        }
        return []
    }

    private static let insufficientPrivilege = "42501"

    private static let isMember: SQL = """
        SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = \(name) AND pg_has_role(current_user, oid, 'MEMBER'))
        """

    /// Tries again after a race: roles belong to the whole server, and another database's migrations may be making the
    /// same one. It exists by then, or PostgreSQL says "tuple concurrently updated".
    private static func patiently(_ body: () async throws -> Void) async throws {
        var attemptsLeft = 10
        while true {
            do {
                return try await body()
            } catch let error as PostgresError
                where ["42710", "23505", "XX000"].contains(error.sqlState) && attemptsLeft > 1
            {
                attemptsLeft -= 1
            }
        }
    }

    private static func grants(_ schema: String) -> String {
        """
        GRANT USAGE ON SCHEMA \(schema) TO \(name);
        GRANT SELECT ON ALL TABLES IN SCHEMA \(schema) TO \(name);
        ALTER DEFAULT PRIVILEGES IN SCHEMA \(schema) GRANT SELECT ON TABLES TO \(name);

        """
    }

    /// Whether the session's login may take the role on, where the migrations could make it.
    public static func mayBeTakenOn(by session: some PostgresQueryable) async throws -> Bool {
        try await session.query(isMember)[0].decode(Bool.self)
    }

    /// The same configuration, for sessions that only read: as the reader role, where the user may take it on, and
    /// read-only by its settings in any case. Asks the server.
    public static func configuration(from base: PostgresConfiguration) async throws -> PostgresConfiguration {
        var configuration = base
        configuration.sessionSettings.append(("default_transaction_read_only", "on"))
        let connection = try await PostgresConnection.connect(configuration)
        let mayRead = try await mayBeTakenOn(by: connection)
        await connection.close()
        if mayRead { configuration.role = name }
        return configuration
    }
}
