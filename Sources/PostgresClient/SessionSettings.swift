/// The settings and the role of a configuration's sessions, as statements.
struct SessionSettings {
    /// The role is last, because it may have no permission to change the settings.
    private let settings: [(name: String, value: String)]

    init(_ configuration: PostgresConfiguration) {
        settings = configuration.sessionSettings + (configuration.role.map { [("role", $0)] } ?? [])
    }

    /// Returns a statement that checks whether the session belongs to the process that was reported when the connection
    /// was opened. If so, the statement applies the settings to the session, and its row begins with true.
    ///
    /// A pooler reports a process that does not exist, because it has its own keys for cancel requests. It lends a
    /// session to one client after another, so the settings would remain for the next client.
    func apply(ifBackendIs pid: Int32) -> SQL {
        let isOwn: SQL = "pg_backend_pid() = \(pid)"
        let applied = settings.map { name, value in
            "CASE WHEN \(isOwn) THEN set_config(\(name), \(value), false) END" as SQL
        }
        return "SELECT " + SQL(joining: [isOwn] + applied, separator: ", ")
    }

    /// A statement that applies the settings to the current transaction, or `nil` if there are none.
    var applyToTransaction: SQL? {
        guard !settings.isEmpty else { return nil }
        let applied = settings.map { name, value in
            // The default applies only to transactions that begin later.
            let local = name == "default_transaction_read_only" ? "transaction_read_only" : name
            return "set_config(\(local), \(value), true)" as SQL
        }
        return "SELECT " + SQL(joining: applied, separator: ", ")
    }
}
