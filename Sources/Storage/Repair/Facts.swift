public import FoundationEssentials
public import Marketplace
public import PostgresClient

/// The things that a service owns and tells of, read in pages, and told again.
public struct Facts<State: Sendable>: Sendable {
    public let service: Service
    let table: SQL
    let columns: SQL
    let make: @Sendable (PostgresRow) throws -> State
    public let id: @Sendable (State) -> UUID
    public let version: @Sendable (State) -> Int64
    let raised: @Sendable (State, Int64) -> State
    let event: @Sendable (State) -> NewEvent

    /// Those after an id, in the order of their ids.
    public func page(
        after id: UUID?, limit: Int, on session: some PostgresQueryable
    ) async throws -> [State] {
        let condition: SQL = if let id { "WHERE id > \(id)" } else { "" }
        return try await session.query("SELECT \(columns) FROM \(table) \(condition) ORDER BY id LIMIT \(limit)")
            .map(make)
    }

    public func find(_ ids: [UUID], on session: some PostgresQueryable) async throws -> [UUID: State] {
        guard !ids.isEmpty else { return [:] }
        let states = try await session.query("SELECT \(columns) FROM \(table) WHERE id = ANY(\(ids))").map(make)
        return Dictionary(uniqueKeysWithValues: states.map { (id($0), $0) })
    }

    /// Tells of a thing as it is, under its lock: as a new event in the outbox.
    ///
    /// - Parameter above: asked under the lock: a version to go beyond, so that who knows a larger one takes this for newer;
    ///   nil where nothing is to be told after all.
    /// - Returns: the version that was told; nil where nothing was, or there is no such thing.
    public func announce(
        _ id: UUID, now: Timestamp, on pool: PostgresPool, above: (State) async throws -> Int64?
    ) async throws -> Int64? {
        try await pool.withTransaction { (transaction) -> Int64? in
            let rows = try await transaction.query("SELECT \(columns) FROM \(table) WHERE id = \(id) FOR UPDATE")
            guard var state = try rows.first.map(make), let known = try await above(state) else { return nil }
            var writes: [SQL] = []
            if known >= version(state) {
                state = raised(state, known + 1)
                writes.append("UPDATE \(table) SET version = \(known + 1) WHERE id = \(id)")
            }
            let outbox = Outbox(service: service)
            _ = try await transaction.commit(with: writes + outbox.appendSQL([try OutboxEvent(event(state), at: now)]))
            return version(state)
        }
    }
}

extension OutboxEvent {
    /// With an id of its own.
    public init(_ event: NewEvent, at now: Timestamp) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        self.init(
            id: .v7(at: now), type: event.type.rawValue, at: now, subject: event.subject, version: event.version,
            trace: "", body: Array(try encoder.encode(event.body)))
    }
}

extension Facts where State == UserState {
    public static var users: Facts {
        Facts(
            service: .users, table: "users.users", columns: "id, status, role, version",
            make: { row in
                UserState(
                    id: try row.decode("id", as: UserID.self), status: try row.known("status", UserState.Status.init),
                    role: try row.known("role", UserState.Role.init), version: try row.decode("version", as: Int64.self)
                )
            }, id: \.id.uuid, version: \.version, raised: { $0.at(version: $1) }, event: \.announcement)
    }
}

extension Facts where State == TicketState {
    public static var tickets: Facts {
        Facts(
            service: .tickets, table: "tickets.tickets", columns: Listing.columns,
            make: { try Listing(row: $0).state }, id: \.id.uuid, version: \.version,
            raised: { $0.at(version: $1) }, event: \.announcement)
    }
}

extension Facts where State == OrderState {
    public static var orders: Facts {
        Facts(
            service: .orders, table: "orders.orders", columns: OrderState.columns,
            make: { try OrderState(row: $0) }, id: \.id.uuid, version: \.version,
            raised: { $0.at(version: $1) }, event: \.announcement)
    }
}

extension UserState {
    fileprivate func at(version: Int64) -> UserState {
        var state = self
        state.version = version
        return state
    }
}

extension TicketState {
    fileprivate func at(version: Int64) -> TicketState {
        var state = self
        state.version = version
        return state
    }
}

extension OrderState {
    fileprivate func at(version: Int64) -> OrderState {
        var state = self
        state.version = version
        return state
    }
}
