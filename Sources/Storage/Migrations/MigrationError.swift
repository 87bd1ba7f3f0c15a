/// The reason why a database cannot be migrated, or does not fit this build.
public enum MigrationError: Error, CustomStringConvertible {
    /// The text of an applied migration differs from this build's.
    case changed(name: String)
    /// The database has a migration that this build does not know, and that breaks older builds.
    case databaseIsAhead(name: String)
    /// Another process has been migrating the database for too long.
    case busy
    /// A pooler is between the migrator and the server.
    case pooled
    /// The directives of a migration are wrong, or its statement does not suit its kind.
    case malformed(name: String, reason: String)
    case failed(name: String, error: any Error)

    public var description: String {
        switch self {
        case .changed(let name):
            "migration \(name) was changed after it had been applied: restore its text, and add a new migration"
        case .databaseIsAhead(let name):
            "the database has migration \(name), with which this build cannot work: deploy a newer build"
        case .busy: "another process is migrating this database: try again when it has finished"
        case .pooled:
            "a pooler cannot keep the lock of the migrator: set MIGRATION_DATABASE_URL to the address of PostgreSQL itself"
        case .malformed(let name, let reason): "migration \(name): \(reason)"
        case .failed(let name, let error): "migration \(name) failed: \(error)"
        }
    }
}
