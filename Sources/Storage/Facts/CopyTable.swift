package import FoundationEssentials
package import Marketplace
package import PostgresClient

/// A service's copy of another service's fact.
package protocol FactCopy: Sendable {
    /// The id of the fact.
    var factID: UUID { get }
    /// The version of the fact that was copied.
    var version: Int64 { get }
}

/// A service's table with copies of another service's facts, read in pages.
package struct CopyTable<Copy: FactCopy>: Sendable {
    package let follower: ServiceName
    private let table: SQL
    private let key: SQL
    private let columns: SQL
    private let make: @Sendable (PostgresRow) throws -> Copy

    /// - Parameters:
    ///   - key: The column with the fact's id.
    ///   - columns: The columns that `make` reads.
    package init(
        follower: ServiceName, table: SQL, key: SQL = "id", columns: SQL,
        make: @escaping @Sendable (PostgresRow) throws -> Copy
    ) {
        self.follower = follower
        self.table = table
        self.key = key
        self.columns = columns
        self.make = make
    }

    /// Returns the copies after an id, in the order of ids.
    package func page(
        after id: UUID?, limit: Int, on session: some PostgresQueryable
    ) async throws -> [Copy] {
        let condition: SQL = if let id { "WHERE \(key) > \(id)" } else { "" }
        return try await session.query("SELECT \(columns) FROM \(table) \(condition) ORDER BY \(key) LIMIT \(limit)")
            .map(make)
    }

    /// Returns the copies of these facts, by id.
    package func find(_ ids: [UUID], on session: some PostgresQueryable) async throws -> [UUID: Copy] {
        guard !ids.isEmpty else { return [:] }
        let copies = try await session.query("SELECT \(columns) FROM \(table) WHERE \(key) = ANY(\(ids))").map(make)
        return Dictionary(uniqueKeysWithValues: copies.map { ($0.factID, $0) })
    }
}
