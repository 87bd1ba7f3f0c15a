/// The settings and the role of a configuration's sessions, as statements.
struct SessionSettings {
    /// The role is last, because it may have no permission to change the settings.
    private let settings: [(name: String, value: String)]

    init(_ configuration: PostgresConfiguration) {
        settings = configuration.sessionSettings + (configuration.role.map { [("role", $0)] } ?? [])
    }

    /// If the session belongs to the process that the server named when the connection was opened, applies the settings
    /// to the session and returns a row that begins with true.
    ///
    /// A pooler names a process that does not exist, since it has its own keys for cancel requests. Settings of the
    /// session that it lends would remain for its next client.
    func apply(ifBackendIs pid: Int32) -> SQL {
        let isOwn: SQL = "pg_backend_pid() = \(pid)"
        let applied = settings.map { name, value in
            "CASE WHEN \(isOwn) THEN set_config(\(name), \(value), false) END" as SQL
        }
        return "SELECT " + SQL(joining: [isOwn] + applied, separator: ", ")
    }

    /// Applies the settings to the current transaction. `nil` if there are none.
    var applyToTransaction: SQL? {
        guard !settings.isEmpty else { return nil }
        let applied = settings.map { name, value in
            // The default only applies to transactions that begin later.
            let local = name == "default_transaction_read_only" ? "transaction_read_only" : name
            return "set_config(\(local), \(value), true)" as SQL
        }
        return "SELECT " + SQL(joining: applied, separator: ", ")
    }
}
