import Foundation

/// The Redis and the PostgreSQL that `bin/test` starts for one run.
public enum TestServers {
    /// `redis://127.0.0.1:PORT`, shared by all tests: use ``keyPrefix()``, and ``OwnRedis`` for what would disturb others.
    public static var redisURL: String {
        get throws { try variable("TEST_REDIS_URL") }
    }

    /// `postgresql://gittix@127.0.0.1:PORT/gittix`, shared by all tests: use ``freshDatabase(migrated:)`` for tables.
    public static var databaseURL: String {
        get throws { try variable("TEST_DATABASE_URL") }
    }

    /// The URL of a new database of the test's own; dropped when the test process ends.
    ///
    /// - Parameter migrated: With every migration applied, or empty.
    public static func freshDatabase(migrated: Bool = true) async throws -> String {
        try await Databases.shared.fresh(migrated: migrated, server: databaseURL)
    }

    /// A key prefix that no other test uses.
    public static func keyPrefix() -> String {
        "gittix-test-" + UUID().uuidString.prefix(8).lowercased()
    }

    private static func variable(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            throw SupportError("\(name) is not set: run the tests by bin/test, which starts the servers they need.")
        }
        return value
    }
}
