package import Marketplace
package import PostgresClient

/// A service's part in handling a batch: how its messages are read, and the three steps load, decide, store.
///
/// The engine calls it with a whole batch inside one transaction, and commits its changes together with the replies and
/// events. Messages that the inbox already has are loaded but not decided again.
package protocol ServiceHandler: Sendable {
    associatedtype Command: Sendable
    associatedtype Event: Sendable
    /// The loaded rows and the changes decided so far.
    associatedtype State: Sendable

    var service: ServiceName { get }

    /// - Throws: ``UnknownPayload`` if a newer build may know the type; any other error if no build can read the
    ///   payload.
    func command(_ type: String, _ payload: Payload) throws -> Command

    /// Returns `nil` for unknown events and for events that the service does not need.
    func event(_ type: EventType, _ payload: Payload) throws -> Event?

    /// Returns the event that makes the handler decide a slice of its work, or `nil` for a kind of work that only a
    /// newer build knows.
    func event(_ slice: WorkSlice) -> Event?

    /// The unique constraints of its tables for which two messages may race: both find no row and try to insert it. A
    /// transaction that loses such a race runs again; any other unique violation is a failure of its message.
    var raceKeys: Set<String> { get }

    /// The ids of the objects that a command needs and that many commands share, such as an order's listing. While
    /// commands about one of them fail, further commands about it are refused at once.
    func subjects(of command: Command) -> [String]

    /// Load: set-based queries that lock rows in the order that all handlers share.
    func load(_ messages: [Message<Command, Event>], in transaction: PostgresTransaction) async throws -> State

    /// Decide: pure, one message after the other.
    func decide(_ message: Message<Command, Event>, on state: inout State, now: Timestamp) -> Decision

    /// Store: set-based writes of the net effect.
    func changes(of state: State) -> [SQL]

    /// The work that the decisions have started, advanced or ended. The engine stores it.
    func work(of state: State) -> WorkChanges

    /// Called after COMMIT.
    func committed(_ state: State) async
}

extension ServiceHandler {
    package var raceKeys: Set<String> { [] }

    package func event(_ type: EventType, _ payload: Payload) throws -> Event? { nil }

    package func event(_ slice: WorkSlice) -> Event? { nil }

    package func work(of state: State) -> WorkChanges { WorkChanges() }

    package func subjects(of command: Command) -> [String] { [] }

    package func committed(_ state: State) async {}
}
