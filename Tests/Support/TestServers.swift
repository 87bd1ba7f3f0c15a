import Foundation

/// The Redis and PostgreSQL servers that `bin/test` starts for one run.
public enum TestServers {
    /// `redis://127.0.0.1:PORT`, shared by all tests. Use ``keyPrefix()`` for keys, or a ``RedisServer`` for commands
    /// that disturb other tests.
    public static var redisURL: String {
        get throws { try variable("TEST_REDIS_URL") }
    }

    /// `postgresql://gittix@127.0.0.1:PORT/gittix`, shared by all tests. Use ``freshDatabase(migrated:)`` for tables.
    public static var databaseURL: String {
        get throws { try variable("TEST_DATABASE_URL") }
    }

    /// Creates a database and returns its URL. The database is dropped when the test process ends.
    ///
    /// - Parameter migrated: True to apply every migration, false for an empty database.
    public static func freshDatabase(migrated: Bool = true) async throws -> String {
        try await Databases.shared.fresh(migrated: migrated, server: databaseURL)
    }

    /// A unique key prefix.
    public static func keyPrefix() -> String {
        "gittix-test-" + UUID().uuidString.prefix(8).lowercased()
    }

    private static func variable(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            throw SupportError("\(name) is not set: run the tests with bin/test, which starts the servers.")
        }
        return value
    }
}
