public import Marketplace
import PostgresClient

extension Migrator {
    /// The state of a migration in the database.
    public struct Status: Sendable, Hashable {
        public var name: String
        public var checksum: String
        /// `nil` if it is not applied yet.
        public var appliedAt: Timestamp?
        /// `nil` if a newer build applied it and this build does not know it.
        public var kind: MigrationKind?
        /// True if builds that do not know it cannot work on the database.
        public var breaksOlderBuilds: Bool
    }

    /// Returns these services' migrations, in order, and then the migrations that only a newer build knows.
    ///
    /// - Throws: ``MigrationError`` if the database does not fit this build.
    public func status(services: [ServiceName]) async throws -> [Status] {
        let exists = try await connection.query(
            "SELECT to_regclass('gittix.gittix_migrations') IS NOT NULL")[0].decode(Bool.self)
        return exists ? try await compare(services) : try await known(services)
    }

    /// Returns the status of this build's migrations and of unknown migrations, from the migrator's table.
    func compare(_ services: [ServiceName]) async throws -> [Status] {
        // An older build's table has no column breaks_older_builds.
        let applied = try await connection.query(
            """
            SELECT name, checksum, applied_at, coalesce((to_jsonb(m) ->> 'breaks_older_builds')::boolean, false)
            FROM gittix.gittix_migrations m ORDER BY applied_at, name
            """
        ).decode((String, String, Timestamp, Bool).self)
        let names = Set(migrations.map(\.name))
        let unknown = applied.filter { !names.contains($0.0) }.map { name, checksum, appliedAt, breaks in
            Status(name: name, checksum: checksum, appliedAt: appliedAt, kind: nil, breaksOlderBuilds: breaks)
        }
        if let breaking = unknown.first(where: \.breaksOlderBuilds) {
            throw MigrationError.databaseIsAhead(name: breaking.name)
        }
        let found = Dictionary(uniqueKeysWithValues: applied.map { ($0.0, (checksum: $0.1, at: $0.2)) })
        return try await known(services).map { status in
            guard let found = found[status.name] else { return status }
            guard found.checksum == status.checksum else { throw MigrationError.changed(name: status.name) }
            var status = status
            status.appliedAt = found.at
            return status
        } + unknown
    }

    /// Returns this build's migrations as not applied. PostgreSQL computes the SHA-256 of their texts.
    private func known(_ services: [ServiceName]) async throws -> [Status] {
        let wanted = migrations.filter { services.contains($0.service) }
        let checksums = try await connection.query(
            """
            SELECT encode(sha256(sql), 'hex')
            FROM unnest(\(wanted.map { Array($0.sql.utf8) })) WITH ORDINALITY AS texts (sql, place) ORDER BY place
            """
        ).decode(String.self)
        return try zip(wanted, checksums).map { migration, checksum in
            let directives = try MigrationDirectives(of: migration.name, text: migration.sql)
            return Status(
                name: migration.name, checksum: checksum, appliedAt: nil, kind: directives.kind,
                breaksOlderBuilds: directives.breaksOlderBuilds)
        }
    }
}
