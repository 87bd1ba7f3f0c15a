/// What a server must be for a COMMIT to be a promise.
public enum PostgresChecks {
    static let statement: SQL = """
        SELECT name::text, setting FROM pg_settings
        WHERE name IN ('server_version_num', 'fsync', 'synchronous_commit', 'full_page_writes')
        """

    /// The oldest server that is supported, as `server_version_num` counts.
    static let oldestVersion = 140_000

    /// Refuses, with an error of kind `.refusedServer`, a server or session that may forget what it committed, and one
    /// that is too old.
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
                    throw refusal("its version is \(setting); 14 or newer is needed")
                }
            case "synchronous_commit":
                // remote_write, remote_apply and local keep a commit on the server's own disk at least.
                guard setting != "off" else { throw lossy(name) }
            default:
                guard setting == "on" else { throw lossy(name) }
            }
        }
    }

    private static func lossy(_ name: String) -> PostgresError {
        refusal("\(name) is off, so it may lose what it has committed; turn it on (ALTER SYSTEM SET \(name) = on)")
    }

    private static func refusal(_ why: String) -> PostgresError {
        PostgresError(.refusedServer, "this PostgreSQL server is refused: \(why)")
    }
}
