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

    /// Ends a batch in one round trip: the messages it takes in with their answers, its writes, the outbox lock and rows
    /// if there are events, and COMMIT.
    ///
    /// The messages come first: one that another batch has taken in meanwhile is noticed before anything is written, and
    /// a change that answers a message finds it. An error's `statementIndex` counts in that order. One of kind
    /// `.commitUnknown` means that the inbox must be read before anything is answered.
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
