import Marketplace
public import PostgresClient

/// The read-only role, which the API uses.
public enum ReaderRole {
    public static let name = "gittix_reader"

    /// Creates the role if the login may create roles, grants it SELECT on the services' present and future tables, and
    /// makes the login a member of the role.
    ///
    /// - Returns: A notice for each step that was skipped for lack of privileges.
    static func grant(_ services: [ServiceName], on connection: PostgresConnection) async throws -> [String] {
        let exists: SQL = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = \(name))"
        do {
            try await retryingRaces {
                guard try await !connection.query(exists)[0].decode(Bool.self) else { return }
                try await connection.script(unsafe: "CREATE ROLE \(name) NOLOGIN")
            }
        } catch let error as PostgresError where error.sqlState == insufficientPrivilege {
            return ["the role \(name) could not be created: only session settings keep the API from writing"]
        }
        let schemas = ["gittix"] + services.map(\.rawValue)
        try await connection.transaction { transaction in
            try await transaction.script(unsafe: schemas.map(grants).joined())
        }
        do {
            try await retryingRaces {
                guard try await !connection.query(isMember)[0].decode(Bool.self) else { return }
                try await connection.script(unsafe: "GRANT \(name) TO CURRENT_USER")
            }
        } catch let error as PostgresError where error.sqlState == insufficientPrivilege {
            return ["this login is not a member of the role \(name): give the API a login that is a member"]
        }
        return []
    }

    private static let insufficientPrivilege = "42501"

    private static let isMember: SQL = """
        SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = \(name) AND pg_has_role(current_user, oid, 'MEMBER'))
        """

    /// Retries after a race. Roles belong to the whole server, and the migrations of another database may be creating
    /// the same role. Then this try fails because the role exists, or with "tuple concurrently updated".
    private static func retryingRaces(_ body: () async throws -> Void) async throws {
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

    /// Returns true if the role exists and the session's login may use it.
    public static func isAvailable(to session: some PostgresQueryable) async throws -> Bool {
        try await session.query(isMember)[0].decode(Bool.self)
    }

    /// Returns a configuration whose session settings make every session read-only. Asks the server whether the login
    /// may use the reader role; if so, the sessions also use that role.
    public static func configuration(from base: PostgresConfiguration) async throws -> PostgresConfiguration {
        var configuration = base
        configuration.sessionSettings.append(("default_transaction_read_only", "on"))
        let connection = try await PostgresConnection.connect(configuration)
        let mayRead = try await isAvailable(to: connection)
        await connection.close()
        if mayRead { configuration.role = name }
        return configuration
    }
}
