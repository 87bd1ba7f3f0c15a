package import FoundationEssentials
package import Marketplace
package import PostgresClient
import Storage

/// The tables that hold the effects of one kind.
///
/// A lease gives an effect a token and moves its due time into the future. The lease is renewed while the work lasts;
/// if the worker dies, the effect becomes due again. Leasing skips locked rows, so it never waits.
package protocol EffectStore<Effect>: Sendable {
    associatedtype Effect: LeasedEffect

    /// Leases due effects in one round trip: at most `limit` from each table.
    func lease(
        limit: Int, now: Timestamp, until: Timestamp, on pool: PostgresPool
    ) async throws -> LeasedEffects<Effect>

    /// Renews leases.
    func renew(_ tokens: [UUID], until: Timestamp, on pool: PostgresPool) async throws

    /// Ends leases whose outcome can't be stored. The effects become due again at growing intervals.
    func postpone(_ tokens: [UUID], now: Timestamp, on pool: PostgresPool) async throws
}

/// The effects that a worker has leased together.
package struct LeasedEffects<Effect: LeasedEffect>: Sendable {
    package var effects: [Effect]
    /// The leases of effects that this build can't read.
    package var unreadable: [UnreadableLease]
    /// True if more effects may be due.
    package var mayLeaveMore: Bool

    package init() {
        (effects, unreadable, mayLeaveMore) = ([], [], false)
    }

    /// Reads the leased rows of a table, one at a time, so that an unreadable row does not stop the others.
    ///
    /// - Parameters:
    ///   - limit: The limit of the query. If it is reached, more effects may be due.
    ///   - subject: The name of the column that has the subject's id.
    package mutating func add(
        _ rows: PostgresRows, limit: Int, subject: String, read: (PostgresRow) throws -> Effect
    ) throws {
        for row in rows {
            do { effects.append(try read(row)) } catch let error as UnknownValue {
                unreadable.append(
                    UnreadableLease(
                        subject: try row.decode(subject, as: UUID.self), token: try row.decode("token", as: UUID.self),
                        reason: "\(error)"))
            }
        }
        mayLeaveMore = mayLeaveMore || rows.count >= limit
    }
}

/// A lease of an effect with a value that this build does not know: a newer build runs beside this one, or did before a
/// rollback.
package struct UnreadableLease: Sendable {
    package var subject: UUID
    package var token: UUID
    package var reason: String
}
