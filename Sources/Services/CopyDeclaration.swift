package import Marketplace
package import Storage

/// One service's copies of another's facts, which the doctor compares and repairs.
package protocol CopyDeclaration: Sendable {
    associatedtype State: Fact
    associatedtype Copy: FactCopy

    /// The facts, in their owner's schema.
    var facts: ServiceFacts<State> { get }
    /// The copies, in the follower's schema.
    var copies: CopyTable<Copy> { get }

    /// True if the copy equals the state, which has the same version.
    func isCopy(_ copy: Copy, of state: State) -> Bool

    /// True if the copy is already in the state that ``close(_:at:by:)`` leads to.
    func isClosed(_ copy: Copy) -> Bool

    /// Closes the copy by a decision of the follower, as if the owner had announced the end. The owner has lost the
    /// fact, because a backup was restored.
    func close(_ copy: Copy, at now: Timestamp, by decider: DirectDecider) async throws
}
