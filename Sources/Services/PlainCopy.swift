package import FoundationEssentials
package import Marketplace
package import PostgresClient
package import Storage

/// A copy of another service's facts that a service only reads. The engine writes it, and the doctor compares it.
///
/// If a change of the copy needs a decision (a ban cancels orders), the service's handler writes the copy instead.
package struct PlainCopy<State: Fact & Decodable & Equatable, Copy: FactCopy & Equatable>: CopyDeclaration, KeptCopy {
    package let facts: ServiceFacts<State>
    package let copies: CopyTable<Copy>
    package let events: Set<EventType>
    private let make: @Sendable (State) -> Copy
    private let upsert: @Sendable ([Copy]) -> SQL
    private let delete: @Sendable (UUID) -> SQL

    /// - Parameters:
    ///   - events: The owner's events that carry the whole state.
    ///   - make: Makes the copy of a state.
    ///   - upsert: Writes copies, which are sorted by id and have distinct ids. Rows with a newer version must stay.
    ///   - delete: Deletes a copy whose owner no longer knows the fact.
    package init(
        of facts: ServiceFacts<State>, in copies: CopyTable<Copy>, events: Set<EventType>,
        make: @escaping @Sendable (State) -> Copy, upsert: @escaping @Sendable ([Copy]) -> SQL,
        delete: @escaping @Sendable (UUID) -> SQL
    ) {
        self.facts = facts
        self.copies = copies
        self.events = events
        self.make = make
        self.upsert = upsert
        self.delete = delete
    }

    package func read(_ payload: Payload) throws -> any KeptState {
        CopyRow(copy: make(try payload.decode(State.self)))
    }

    package func write(_ states: [any KeptState]) -> SQL {
        upsert(states.compactMap { ($0 as? CopyRow<Copy>)?.copy })
    }

    package func isCopy(_ copy: Copy, of state: State) -> Bool { copy == make(state) }

    package func isClosed(_ copy: Copy) -> Bool { false }

    package func close(_ copy: Copy, at now: Timestamp, by decider: DirectDecider) async throws {
        try await decider.run(delete(copy.factID))
    }
}

private struct CopyRow<Copy: FactCopy>: KeptState {
    var copy: Copy
    var factID: UUID { copy.factID }
    var version: Int64 { copy.version }
}
