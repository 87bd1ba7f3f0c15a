public import FoundationEssentials
public import Marketplace
public import PostgresClient

/// The messages that a service has accepted, by id. A message takes effect once, even if it is delivered several times.
public struct Inbox: Sendable {
    public let schema: String
    let table: SQL

    public init(schema: String) {
        self.schema = schema
        table = "\(identifier: schema).inbox"
    }

    public init(service: ServiceName) { self.init(schema: service.rawValue) }

    func findSQL(_ ids: [UUID]) -> SQL {
        "SELECT id, actor, type, fingerprint, outcome, reply FROM \(table) WHERE id = ANY(\(ids))"
    }

    /// Returns the messages that were accepted before, from the results of ``openingSQL(_:)``.
    public func prior(_ opening: [PostgresRows]) throws -> [UUID: InboxPrior] {
        try opening.last.map(decode) ?? [:]
    }

    private func decode(_ rows: PostgresRows) throws -> [UUID: InboxPrior] {
        try Dictionary(uniqueKeysWithValues: rows.map { (try $0.decode("id"), try InboxPrior(row: $0)) })
    }

    /// Returns the statement that accepts new messages, in a transaction that began with ``openingSQL(_:)``. The ids
    /// must be distinct.
    ///
    /// If another transaction is accepting the same message, the statement waits for it. If that transaction commits,
    /// the statement fails with a unique violation, and the next try finds the message. Rows are inserted in the order
    /// of their ids, so two batches with the same messages cannot deadlock.
    public func insertSQL(_ records: [InboxRecord]) -> SQL {
        let records = records.sorted { $0.entry.id.precedes($1.entry.id) }
        return """
            INSERT INTO \(table) (slot, id, actor, type, fingerprint, outcome, reply)
            SELECT \(currentSlot), id, actor, type, fingerprint, outcome, reply::json FROM (
                SELECT
                    unnest(\(records.map(\.entry.id))), unnest(\(records.map(\.entry.actor))),
                    unnest(\(records.map(\.entry.type))), unnest(\(records.map(\.entry.fingerprint))),
                    unnest(\(records.map(\.outcome?.rawValue))),
                    unnest(\(records.map { $0.reply.map(RawJSON.init) }))
            ) AS new (id, actor, type, fingerprint, outcome, reply)
            """
    }

    /// Returns the rows of the messages that were accepted before.
    public func find(_ ids: [UUID], on session: some PostgresQueryable) async throws -> [UUID: InboxPrior] {
        guard !ids.isEmpty else { return [:] }
        return try decode(try await session.query(findSQL(ids)))
    }

    /// Returns the row of a message, or `nil` if it was not accepted before.
    public func lookup(_ id: UUID, on session: some PostgresQueryable) async throws -> InboxPrior? {
        try await session.query(findSQL([id])).first.map(InboxPrior.init(row:))
    }

    /// Returns the statement that stores the replies to commands whose rows were inserted without a reply.
    public func storeSQL(_ replies: [InboxReply]) -> SQL {
        """
        UPDATE \(table) AS inbox SET outcome = new.outcome, reply = new.reply::json
        FROM (
            SELECT
                unnest(\(replies.map(\.id))), unnest(\(replies.map(\.outcome.rawValue))),
                unnest(\(replies.map { $0.reply.map(RawJSON.init) }))
        ) AS new (id, outcome, reply)
        WHERE inbox.id = new.id
        """
    }
}

extension InboxPrior {
    init(row: PostgresRow) throws {
        let outcome: String? = try row.decode("outcome")
        self.init(
            actor: try row.decode("actor"), type: try row.decode("type"), fingerprint: try row.decode("fingerprint"),
            outcome: outcome.flatMap(InboxOutcome.init), reply: try row.decode("reply", as: RawJSON?.self)?.bytes)
    }
}
