/// Checks that a server is supported and keeps committed transactions.
public enum PostgresChecks {
    static let statement: SQL = """
        SELECT name::text, setting FROM pg_settings
        WHERE name IN ('server_version_num', 'fsync', 'synchronous_commit', 'full_page_writes')
        """

    /// The oldest supported server version, in the format of `server_version_num`.
    static let oldestVersion = 140_000

    /// Throws an error of kind `.refusedServer` if the server is too old, or if it or the session may lose committed
    /// transactions.
    public static func verify(
        _ connection: PostgresConnection, deadline: ContinuousClock.Instant? = nil
    ) async throws {
        try check(try await connection.query(statement, deadline: deadline))
    }

    static func check(_ rows: PostgresRows) throws {
        for (name, setting) in try rows.decode((String, String).self) {
            switch name {
            case "server_version_num":
                guard let version = Int(setting), version >= oldestVersion else {
                    throw refusal("its version is \(setting); use version 14 or newer")
                }
            case "synchronous_commit":
                // With remote_write, remote_apply or local, a commit is stored at least on the server's own disk.
                guard setting != "off" else { throw notDurable(name) }
            default:
                guard setting == "on" else { throw notDurable(name) }
            }
        }
    }

    private static func notDurable(_ setting: String) -> PostgresError {
        refusal(
            "\(setting) is off, so committed transactions may be lost; turn it on (ALTER SYSTEM SET \(setting) = on)")
    }

    private static func refusal(_ reason: String) -> PostgresError {
        PostgresError(.refusedServer, "this PostgreSQL server cannot be used: \(reason)")
    }
}
