import Marketplace
import Services
import Synchronization

/// The sessions that have ended, in memory, so that checking each request needs no I/O. ``BanListUpdater`` reads them
/// from PostgreSQL each second.
///
/// The list contains only sessions that ended within the lifetime of an access token. While this process can't read
/// PostgreSQL, the list keeps its entries. If PostgreSQL is down, no session can end. The users service also checks the
/// session of each command about the account.
final class EndedSessions: Sendable {
    private struct State {
        var ends: [SessionID: Timestamp] = [:]
        /// The time of the latest known end of a session.
        var newest: Timestamp?
    }

    /// Maximum time between the decision to end a session and its commit. Each read starts this long before the latest
    /// known end.
    private static let commitDelay = Duration.seconds(60)

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: maximum number of entries, at about 50 bytes each. Beyond it, the oldest are dropped.
    init(limit: Int = 500_000) { self.limit = limit }

    func contains(_ session: SessionID) -> Bool { state.withLock { $0.ends[session] != nil } }

    var count: Int { state.withLock(\.ends.count) }

    /// Returns the time from which the next read must return the ended sessions.
    ///
    /// - Parameter horizon: sessions that ended before this time need no entry.
    func nextRead(horizon: Timestamp) -> Timestamp {
        state.withLock { state in state.newest.map { max(horizon, $0 - Self.commitDelay) } ?? horizon }
    }

    func add(_ ended: [UserReads.EndedSession]) {
        state.withLock { state in
            for session in ended {
                state.ends[session.id] = session.at
                state.newest = max(state.newest ?? session.at, session.at)
            }
            guard state.ends.count > limit else { return }
            // Drops a quarter of the entries together, so that not every addition sorts them.
            let oldest = state.ends.sorted { $0.value < $1.value }.prefix(state.ends.count - limit * 3 / 4)
            for entry in oldest { state.ends[entry.key] = nil }
        }
    }

    /// Drops entries older than any valid access token.
    func removeEntries(before time: Timestamp) {
        state.withLock { state in state.ends = state.ends.filter { $0.value >= time } }
    }
}
