import Marketplace
import PostgresClient

/// What a service adds to the engine: how its messages read, and its three steps.
///
/// The engine gives it a whole batch inside one transaction, after the inbox has told which messages are new, and
/// commits what it decides together with the replies and the events.
protocol ServiceHandler: Sendable {
    associatedtype Command: Sendable
    associatedtype Event: Sendable
    /// What was loaded, and what has been decided to change.
    associatedtype Desk: Sendable

    var service: Service { get }

    /// - Throws: ``UnknownPayload`` for what another build may know; any other error for what no build can read.
    func command(_ type: String, _ payload: Payload) throws -> Command

    /// Nil where the service has no use for this event.
    func event(_ type: EventType, _ payload: Payload) throws -> Event?

    /// Load: set-based queries, rows locked in the one order of the design.
    func load(_ messages: [Message<Command, Event>], in transaction: PostgresTransaction) async throws -> Desk

    /// Decide: pure, one message after the other.
    func decide(_ message: Message<Command, Event>, on desk: inout Desk, now: Timestamp) -> Decision

    /// Store: set-based writes of the net effect.
    func changes(of desk: Desk) -> [SQL]

    /// The transaction has committed.
    func committed(_ desk: Desk) async
}

extension ServiceHandler {
    func committed(_ desk: Desk) async {}
}
