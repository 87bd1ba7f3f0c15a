public import Marketplace
public import PostgresClient

/// The part of a service's schema that is the same for every service.
public struct ServiceStorage: Sendable {
    public let inbox: Inbox
    public let outbox: Outbox

    public init(service: Service) {
        inbox = Inbox(service: service)
        outbox = Outbox(service: service)
    }

    /// Ends a batch in one round trip: its writes, the messages put off, the replies, the outbox lock and rows if there
    /// are events, and COMMIT.
    ///
    /// An error's `statementIndex` counts in that order. One of kind `.commitUnknown` means that the inbox must be read
    /// before anything is answered.
    public func commit(
        _ transaction: PostgresTransaction, changes: [SQL], putOff: [InboxEntry.ID] = [], replies: [InboxReply],
        events: [OutboxEvent], deadline: ContinuousClock.Instant? = nil
    ) async throws {
        var statements = changes
        if !putOff.isEmpty { statements.append(inbox.releaseSQL(putOff)) }
        if !replies.isEmpty { statements.append(inbox.storeSQL(replies)) }
        statements += outbox.appendSQL(events)
        try await transaction.commit(with: statements, deadline: deadline)
    }
}
