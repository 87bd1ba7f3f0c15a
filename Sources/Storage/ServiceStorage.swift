public import Marketplace
public import PostgresClient

/// The tables that every service's schema has.
public struct ServiceStorage: Sendable {
    public let inbox: Inbox
    public let outbox: Outbox
    package let work: WorkTable
    public let followers: Followers

    public init(service: ServiceName) {
        inbox = Inbox(service: service)
        outbox = Outbox(service: service)
        work = WorkTable(service: service)
        followers = Followers(service: service)
    }

    /// Commits a batch in one round trip: the inbox rows with their replies, the changes, the outbox lock and rows if
    /// there are events, and COMMIT.
    ///
    /// The inbox rows come first. So if another batch has accepted one of the messages, the transaction fails before
    /// anything else is written, and a change that stores the reply to a message finds its row. An error's
    /// `statementIndex` counts the statements in this order. After an error of kind `.commitUnknown`, read the inbox
    /// before replying.
    public func commit(
        _ transaction: PostgresTransaction, messages: [InboxRecord] = [], changes: [SQL], events: [OutboxEvent],
        deadline: ContinuousClock.Instant? = nil
    ) async throws {
        var statements = messages.isEmpty ? [] : [inbox.insertSQL(messages)]
        statements += changes
        statements += outbox.appendSQL(events)
        try await transaction.commit(with: statements, deadline: deadline)
    }
}
