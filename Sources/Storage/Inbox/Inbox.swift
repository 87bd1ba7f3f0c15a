public import FoundationEssentials
public import Marketplace
public import PostgresClient

/// What a service has taken in, by id: a message takes effect once, however often it is delivered.
public struct Inbox: Sendable {
    public let schema: String
    let table: SQL

    public init(schema: String) {
        self.schema = schema
        table = "\(identifier: schema).inbox"
    }

    public init(service: Service) { self.init(schema: service.rawValue) }

    func findSQL(_ ids: [UUID]) -> SQL {
        "SELECT id, actor, type, fingerprint, outcome, reply FROM \(table) WHERE id = ANY(\(ids))"
    }

    /// What the statements of ``openingSQL(_:)`` have found: the messages that were taken in before.
    public func prior(_ opening: [PostgresRows]) throws -> [UUID: InboxPrior] {
        try opening.last.map(found) ?? [:]
    }

    private func found(_ rows: PostgresRows) throws -> [UUID: InboxPrior] {
        try Dictionary(uniqueKeysWithValues: rows.map { (try $0.decode("id"), try InboxPrior(row: $0)) })
    }

    /// Takes messages in that were not found, in a transaction that was opened to. The ids must be distinct.
    ///
    /// Another transaction may be taking in the same ones: it is waited for, and when it commits, this one fails with a
    /// violated key, is run again and finds them. Rows are inserted in the order of their ids, so two batches with the
    /// same messages cannot deadlock.
    public func insertSQL(_ records: [InboxRecord]) -> SQL {
        let records = records.sorted { $0.entry.id.precedes($1.entry.id) }
        return """
            INSERT INTO \(table) (slot, id, actor, type, fingerprint, outcome, reply)
            SELECT \(currentSlot), id, actor, type, fingerprint, outcome, reply::json FROM (
                SELECT
                    unnest(\(records.map(\.entry.id))), unnest(\(records.map(\.entry.actor))),
                    unnest(\(records.map(\.entry.type))), unnest(\(records.map(\.entry.fingerprint))),
                    unnest(\(records.map(\.outcome?.rawValue))),
                    unnest(\(records.map { $0.reply.map(JSONText.init) }))
            ) AS new (id, actor, type, fingerprint, outcome, reply)
            """
    }

    /// What is known of the messages that were taken in.
    public func find(_ ids: [UUID], on session: some PostgresQueryable) async throws -> [UUID: InboxPrior] {
        guard !ids.isEmpty else { return [:] }
        return try found(try await session.query(findSQL(ids)))
    }

    /// What is known of a message, or nil.
    public func lookup(_ id: UUID, on session: some PostgresQueryable) async throws -> InboxPrior? {
        try await session.query(findSQL([id])).first.map(InboxPrior.init(row:))
    }

    /// Stores the answers of messages that were taken in without one.
    public func storeSQL(_ replies: [InboxReply]) -> SQL {
        """
        UPDATE \(table) AS inbox SET outcome = new.outcome, reply = new.reply::json
        FROM (
            SELECT
                unnest(\(replies.map(\.id))), unnest(\(replies.map(\.outcome.rawValue))),
                unnest(\(replies.map { $0.reply.map(JSONText.init) }))
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
            outcome: outcome.flatMap(InboxOutcome.init), reply: try row.decode("reply", as: JSONText?.self)?.bytes)
    }
}
