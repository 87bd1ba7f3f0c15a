import Marketplace
import Synchronization

/// Who is banned, in memory: looked at for each request, with no I/O.
///
/// Only bans younger than an access token's life matter: a refresh checks the status. ``BanListKeeper`` keeps it.
final class BanList: Sendable {
    enum Standing: Hashable, Sendable {
        case good, banned
        /// Nothing was heard of bans for too long.
        case unknown
    }

    private struct Entry {
        var version: Int64
        var banned: Bool
        var at: Timestamp
    }

    private struct State {
        var entries: [UserID: Entry] = [:]
        /// When PostgreSQL was last read.
        var confirmedAt: ContinuousClock.Instant?
    }

    /// How long it is believed without being confirmed.
    static let patience = Duration.seconds(2)

    private let state = Mutex(State())
    /// When the event stream was last read to its end.
    private let heardAt: @Sendable () -> ContinuousClock.Instant?

    init(heardAt: @escaping @Sendable () -> ContinuousClock.Instant?) { self.heardAt = heardAt }

    func standing(of user: UserID, now: ContinuousClock.Instant = .now) -> Standing {
        let banned = state.withLock { state -> Bool? in
            guard let confirmedAt = state.confirmedAt else { return nil }
            if state.entries[user]?.banned == true { return true }
            return isFresh(confirmedAt, now) ? false : nil
        }
        return banned.map { $0 ? .banned : .good } ?? .unknown
    }

    /// Whether it was built, and can be believed now.
    func isFresh(now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in state.confirmedAt.map { isFresh($0, now) } ?? false }
    }

    private func isFresh(_ confirmedAt: ContinuousClock.Instant, _ now: ContinuousClock.Instant) -> Bool {
        now - max(confirmedAt, heardAt() ?? confirmedAt) <= Self.patience
    }

    /// PostgreSQL has said so: all that had happened up to that moment is in it.
    func confirm(at time: ContinuousClock.Instant) {
        state.withLock { state in
            if let known = state.confirmedAt, known >= time { return }
            state.confirmedAt = time
        }
    }

    /// Takes in a user's status. Only a larger version changes anything, so the order of events and reads is free.
    func apply(_ id: UserID, status: UserState.Status, version: Int64, at: Timestamp) {
        state.withLock { state in
            if let known = state.entries[id] {
                guard version > known.version else { return }
            } else if status == .active {
                return
            }
            state.entries[id] = Entry(version: version, banned: status == .banned, at: at)
        }
    }

    var listed: [UserID] { state.withLock { Array($0.entries.keys) } }

    /// Drops what is older than any access token that could still be shown.
    func forget(before time: Timestamp) {
        state.withLock { state in state.entries = state.entries.filter { $0.value.at >= time } }
    }
}
