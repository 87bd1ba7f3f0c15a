package import Marketplace
package import PostgresClient

/// A kind of request that a service makes to another system, such as a call to Stripe.
///
/// A decision commits an *effect* together with its key and its request. ``EffectRunner`` leases it, performs it
/// outside any transaction, and commits the outcome through load, decide and store. A kind defines each of these steps.
/// The decision on an outcome also decides whether the effect is tried again or is *stuck*, by a
/// ``Marketplace/TrySchedule``.
package protocol EffectKind: Sendable {
    associatedtype Effect: LeasedEffect
    associatedtype Outcome: Sendable
    /// The loaded rows and the changes decided so far.
    associatedtype State: Sendable

    var service: ServiceName { get }
    /// A noun phrase for log lines, such as `Stripe call`.
    var name: String { get }
    var store: any EffectStore<Effect> { get }
    /// The effects that this process has leased. Decisions of the service add the effects that they lease.
    var queue: EffectQueue<Effect> { get }
    /// The time until a lease expires. Leases are renewed whenever a third of this time has passed. After a worker is
    /// killed, another worker repeats its effects when their leases expire.
    var leaseDuration: Duration { get }

    /// Sends the request to the other system. It does not throw: a missing answer is an outcome.
    func perform(_ effect: Effect, at now: Timestamp) async -> Outcome

    /// Load: set-based queries that lock rows in the order of the service's handler.
    func load(_ subjects: Set<Effect.Subject>, in transaction: PostgresTransaction) async throws -> State

    /// Decide: pure. An outcome whose lease was lost changes nothing.
    func decide(_ outcome: Outcome, of effect: Effect, on state: inout State, now: Timestamp) -> [NewEvent]

    /// Store: set-based writes of the net effect. Empty if nothing has changed.
    func changes(of state: State, now: Timestamp) -> [SQL]

    /// Called after COMMIT.
    func committed(_ state: State, now: Timestamp) async
}
