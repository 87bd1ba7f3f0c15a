package import FoundationEssentials
package import Marketplace
package import PostgresClient

/// The state of something that a service owns and announces to other services in events.
package protocol Fact: Sendable {
    var factID: UUID { get }
    /// Grows with each change that is announced.
    var version: Int64 { get set }
    /// The event that announces the present state.
    var announcement: NewEvent { get }
}

/// A service's table of facts, which can be read in pages and announced again.
package struct ServiceFacts<State: Fact>: Sendable {
    package let service: ServiceName
    package let table: SQL
    private let columns: SQL
    private let make: @Sendable (PostgresRow) throws -> State

    /// - Parameter columns: The columns that `make` reads.
    package init(
        service: ServiceName, table: SQL, columns: SQL, make: @escaping @Sendable (PostgresRow) throws -> State
    ) {
        self.service = service
        self.table = table
        self.columns = columns
        self.make = make
    }

    /// Returns the facts after an id, in the order of ids.
    package func page(
        after id: UUID?, limit: Int, on session: some PostgresQueryable
    ) async throws -> [State] {
        let condition: SQL = if let id { "WHERE id > \(id)" } else { "" }
        return try await session.query("SELECT \(columns) FROM \(table) \(condition) ORDER BY id LIMIT \(limit)")
            .map(make)
    }

    /// Returns the facts with these ids, by id.
    package func find(_ ids: [UUID], on session: some PostgresQueryable) async throws -> [UUID: State] {
        guard !ids.isEmpty else { return [:] }
        let states = try await session.query("SELECT \(columns) FROM \(table) WHERE id = ANY(\(ids))").map(make)
        return Dictionary(uniqueKeysWithValues: states.map { ($0.factID, $0) })
    }

    /// Announces the present state of a fact in a new event, while its row is locked.
    ///
    /// - Parameter above: Called while the row is locked. Returns the version that the announced version must exceed,
    ///   so that followers accept it as newer, or `nil` to announce nothing.
    /// - Returns: The announced version, or `nil` if nothing was announced.
    package func announce(
        _ id: UUID, now: Timestamp, on pool: PostgresPool, above: (State) async throws -> Int64?
    ) async throws -> Int64? {
        try await pool.withTransaction { (transaction) -> Int64? in
            let rows = try await transaction.query("SELECT \(columns) FROM \(table) WHERE id = \(id) FOR UPDATE")
            guard var state = try rows.first.map(make), let known = try await above(state) else { return nil }
            var writes: [SQL] = []
            if known >= state.version {
                state.version = known + 1
                writes.append("UPDATE \(table) SET version = \(state.version) WHERE id = \(id)")
            }
            let event = try OutboxEvent(state.announcement, at: now)
            _ = try await transaction.commit(with: writes + Outbox(service: service).appendSQL([event]))
            return state.version
        }
    }
}

extension OutboxEvent {
    /// Creates an event with a new id.
    package init(_ event: NewEvent, at now: Timestamp) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        self.init(
            id: .v7(at: now), type: event.type.rawValue, at: now, subject: event.subject, version: event.version,
            trace: "", body: Array(try encoder.encode(event.body)))
    }
}
