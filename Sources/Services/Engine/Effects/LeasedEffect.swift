package import FoundationEssentials

/// A request to another system that this worker has leased: it performs the request outside any transaction, and then
/// stores the outcome if it still has the lease.
package protocol LeasedEffect: Sendable {
    associatedtype Subject: Hashable, Sendable

    /// The subject of the decision on the outcome. Outcomes of one subject are decided one after the other.
    var subject: Subject { get }
    /// The lease's token. A worker that takes over the effect replaces the token.
    var token: UUID { get }
}
