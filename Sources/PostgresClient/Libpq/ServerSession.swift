/// The relation of a connection to the server's sessions.
enum ServerSession {
    /// The connection always has the same session: statements stay prepared, and settings stay set.
    case own
    /// A pooler lends the connection a session, at least for each transaction. Nothing may stay in the session after a
    /// transaction. So statements are prepared without a name, and each transaction begins with `settings`, if there
    /// are any.
    case lent(settings: SQL?)

    var isLent: Bool {
        if case .lent = self { true } else { false }
    }
}
