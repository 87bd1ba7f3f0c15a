package import FoundationEssentials
package import Marketplace
package import PostgresClient

/// A copy of another service's facts that the engine keeps up to date without a decision of the service that uses it.
///
/// The copy is written in the transaction that takes the event into the inbox, and an older version never replaces a
/// newer one.
package protocol KeptCopy: Sendable {
    /// The events that carry the whole state.
    var events: Set<EventType> { get }

    /// Decodes the state that an event carries.
    func read(_ payload: Payload) throws -> any KeptState

    /// Returns the statement that writes these states, which are sorted by id and have different ids. Rows with a newer
    /// version stay.
    func write(_ states: [any KeptState]) -> SQL
}

/// A state of which a copy is kept.
package protocol KeptState: Sendable {
    var factID: UUID { get }
    var version: Int64 { get }
}

/// A state to be copied, and the index of its copy in the list of a service's copies.
struct CopiedFact: Sendable {
    var copy: Int
    var state: any KeptState
}

extension [any KeptCopy] {
    /// Returns the state that an event carries, if one of the copies stores it.
    func read(_ type: EventType, _ payload: Payload) throws -> CopiedFact? {
        guard let copy = firstIndex(where: { $0.events.contains(type) }) else { return nil }
        return CopiedFact(copy: copy, state: try self[copy].read(payload))
    }

    /// Returns the statements that write these states: one for each copy, with the newest state of each fact.
    func changes(_ facts: [CopiedFact]) -> [SQL] {
        guard !facts.isEmpty else { return [] }
        return indices.compactMap { copy in
            var newest: [UUID: any KeptState] = [:]
            for fact in facts where fact.copy == copy {
                if let known = newest[fact.state.factID], known.version >= fact.state.version { continue }
                newest[fact.state.factID] = fact.state
            }
            guard !newest.isEmpty else { return nil }
            return self[copy].write(newest.sorted { $0.key.precedes($1.key) }.map(\.value))
        }
    }
}
