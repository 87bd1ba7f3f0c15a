import Foundation
import Logging
import Marketplace
import PostgresClient
import Services
import Storage

/// Creates databases for tests. The migrations run once, into a template that is copied for each test.
actor Databases {
    static let shared = Databases()

    private var template: Task<String, any Error>?

    func fresh(migrated: Bool, server: String) async throws -> String {
        guard migrated else { return try await create(from: "template1", server: server) }
        let creation = template ?? Task { try await makeTemplate(server: server) }
        template = creation
        return try await create(from: Self.name(of: creation.value), server: server)
    }

    private func makeTemplate(server: String) async throws -> String {
        let url = try await create(from: "template1", server: server)
        let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url))
        var logger = Logger(label: "migrations")
        logger.logLevel = .warning
        try await Migrator(connection: connection, logger: logger).migrate(services: ServiceRegistry.topology.names)
        // PostgreSQL copies a database only if it has no connections.
        await connection.close()
        return url
    }

    private func create(from template: String, server: String) async throws -> String {
        let name = "test_\(UUID().uuidString.lowercased().replacing("-", with: ""))"
        try await Tool.run("psql", ["-X", "-q", server, "-c", "CREATE DATABASE \(name) TEMPLATE \(template)"])
        Reaper.shared.drop(database: name, of: server)
        return Self.url(server, database: name)
    }

    /// The server's URL with a different database name as its path.
    private static func url(_ server: String, database: String) -> String {
        let slash = server.lastIndex(of: "/") ?? server.endIndex
        return "\(server[..<slash])/\(database)"
    }

    private static func name(of url: String) -> String {
        String(url[url.index(after: url.lastIndex(of: "/") ?? url.startIndex)...])
    }
}
