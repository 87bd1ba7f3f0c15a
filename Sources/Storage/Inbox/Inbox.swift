public import FoundationEssentials
public import Marketplace
public import PostgresClient

/// What a service has taken in, by id: a message takes effect once, however often it is delivered.
public struct Inbox: Sendable {
    public let schema: String
    private let table: SQL

    public init(schema: String) {
        self.schema = schema
        table = "\(identifier: schema).inbox"
    }

    public init(service: Service) { self.init(schema: service.rawValue) }

    /// How long rows are kept: the stated limit of repeats.
    public static let retention = Duration.seconds(48 * 3600)

    /// Takes the messages in that are new, and returns those that were taken in before. The ids must be distinct.
    ///
    /// A message that another transaction is taking in is waited for: when that commits, the message is an old one here.
    /// Rows are inserted in the order of their ids, so two batches with the same messages cannot deadlock. The
    /// transaction must be READ COMMITTED, or what was waited for would stay invisible.
    public func accept(
        _ entries: [InboxEntry], in transaction: PostgresTransaction
    ) async throws -> [UUID: InboxPrior] {
        var prior: [UUID: InboxPrior] = [:]
        var open = entries
        while !open.isEmpty {
            let inserted = try await transaction.query(insertSQL(open))
            // As a rule all are new, and the second look is saved.
            if inserted.count == open.count { break }
            let new = Set(try inserted.decode(UUID.self))
            open.removeAll { new.contains($0.id) }
            prior.merge(try await find(open.map(\.id), on: transaction)) { _, found in found }
            // What is neither new nor there has been pruned in between, and is tried again.
            open.removeAll { prior[$0.id] != nil }
        }
        return prior
    }

    private func insertSQL(_ entries: [InboxEntry]) -> SQL {
        """
        INSERT INTO \(table) (id, actor, type, fingerprint)
        SELECT id, actor, type, fingerprint FROM unnest(
            \(entries.map(\.id)), \(entries.map(\.actor)), \(entries.map(\.type)), \(entries.map(\.fingerprint))
        ) AS new (id, actor, type, fingerprint)
        ORDER BY id
        ON CONFLICT (id) DO NOTHING
        RETURNING id
        """
    }

    /// What is known of the messages that were taken in.
    public func find(_ ids: [UUID], on session: some PostgresQueryable) async throws -> [UUID: InboxPrior] {
        guard !ids.isEmpty else { return [:] }
        let rows = try await session.query(findSQL(ids))
        return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.decode("id"), try InboxPrior(row: $0)) })
    }

    /// What is known of a message, or nil.
    public func lookup(_ id: UUID, on session: some PostgresQueryable) async throws -> InboxPrior? {
        try await session.query(findSQL([id])).first.map(InboxPrior.init(row:))
    }

    private func findSQL(_ ids: [UUID]) -> SQL {
        "SELECT id, actor, type, fingerprint, outcome, reply FROM \(table) WHERE id = ANY(\(ids))"
    }

    /// Stores the answers: for the last flight of the transaction that took the messages in, or later.
    public func storeSQL(_ replies: [InboxReply]) -> SQL {
        """
        UPDATE \(table) AS inbox SET outcome = new.outcome, reply = new.reply::json
        FROM unnest(
            \(replies.map(\.id)), \(replies.map(\.outcome.rawValue)), \(replies.map { $0.reply.map(JSONText.init) })
        ) AS new (id, outcome, reply)
        WHERE inbox.id = new.id
        """
    }

    /// Forgets messages that were put off, so that they are new when they come back: in the transaction that took
    /// them in.
    public func releaseSQL(_ ids: [UUID]) -> SQL {
        "DELETE FROM \(table) WHERE id = ANY(\(ids))"
    }

    /// Deletes rows that were taken in before the moment, at most so many, and returns how many. Rows that another
    /// transaction is deleting are left to it.
    public func prune(
        before moment: Timestamp, limit: Int = 1000, on session: some PostgresQueryable
    ) async throws -> Int {
        let rows = try await session.query(
            """
            DELETE FROM \(table) WHERE id = ANY(ARRAY(
                SELECT id FROM \(table) WHERE received_at < \(moment) LIMIT \(limit) FOR UPDATE SKIP LOCKED))
            """)
        return rows.affectedRows
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
