import Marketplace
import Synchronization

/// The banned users, in memory, so that checking each request needs no I/O. ``BanListUpdater`` keeps the list up to
/// date.
///
/// The list contains only bans younger than the lifetime of an access token. Older bans need no entry: the tokens that
/// were signed before the ban have expired, and a refresh checks the user's status.
final class BanList: Sendable {
    enum BanStatus: Hashable, Sendable {
        case notBanned, banned
        /// The list is too old to tell.
        case unknown
    }

    private struct Entry {
        var version: Int64
        var isBanned: Bool
        var at: Timestamp
    }

    private struct State {
        var entries: [UserID: Entry] = [:]
        /// Start of the last successful read of PostgreSQL.
        var confirmedAt: ContinuousClock.Instant?
    }

    /// Maximum time since the last read of PostgreSQL or of the event stream.
    static let maxAge = Duration.seconds(2)

    /// Maximum time that a request waits for a list that is out of date.
    static let maxWait = Duration.seconds(1)
    private static let pollInterval = Duration.milliseconds(20)

    private let state = Mutex(State())
    private let maxWait: Duration
    /// Returns the time of the last read that reached the end of the event stream.
    private let lastEventRead: @Sendable () -> ContinuousClock.Instant?

    init(maxWait: Duration = BanList.maxWait, lastEventRead: @escaping @Sendable () -> ContinuousClock.Instant?) {
        self.maxWait = maxWait
        self.lastEventRead = lastEventRead
    }

    func status(of user: UserID, now: ContinuousClock.Instant = .now) -> BanStatus {
        let banned = state.withLock { state -> Bool? in
            guard let confirmedAt = state.confirmedAt else { return nil }
            if state.entries[user]?.isBanned == true { return true }
            return isFresh(confirmedAt, now) ? false : nil
        }
        return banned.map { $0 ? .banned : .notBanned } ?? .unknown
    }

    /// Returns the status. If the list is out of date, waits until it is read again: after the process was suspended or
    /// slow, the next read ends within milliseconds.
    ///
    /// - Returns: ``BanStatus/unknown`` if the list is still out of date after `maxWait`.
    nonisolated(nonsending) func currentStatus(of user: UserID) async throws -> BanStatus {
        var status = status(of: user)
        guard status == .unknown else { return status }
        let deadline = ContinuousClock.now + maxWait
        while status == .unknown, .now < deadline {
            try await Task.sleep(for: Self.pollInterval)
            status = self.status(of: user)
        }
        return status
    }

    /// Returns the users that are known to be banned. If the list is out of date, other users may be banned too.
    func banned(among users: some Sequence<UserID>) -> Set<UserID> {
        state.withLock { state in
            state.entries.isEmpty ? [] : Set(users.filter { state.entries[$0]?.isBanned == true })
        }
    }

    /// True if the list was built and is not too old.
    func isFresh(now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in state.confirmedAt.map { isFresh($0, now) } ?? false }
    }

    private func isFresh(_ confirmedAt: ContinuousClock.Instant, _ now: ContinuousClock.Instant) -> Bool {
        now - max(confirmedAt, lastEventRead() ?? confirmedAt) <= Self.maxAge
    }

    /// Records that the list contains every ban that PostgreSQL had at the time.
    func confirm(at time: ContinuousClock.Instant) {
        state.withLock { state in
            if let known = state.confirmedAt, known >= time { return }
            state.confirmedAt = time
        }
    }

    /// Applies the status of a user. Only a higher version has an effect, so events and reads may come in any order.
    func apply(_ id: UserID, status: UserState.Status, version: Int64, at: Timestamp) {
        state.withLock { state in
            if let known = state.entries[id] {
                guard version > known.version else { return }
            } else if status == .active {
                return
            }
            state.entries[id] = Entry(version: version, isBanned: status == .banned, at: at)
        }
    }

    var listedUsers: [UserID] { state.withLock { Array($0.entries.keys) } }

    /// Drops entries older than any valid access token.
    func removeEntries(before time: Timestamp) {
        state.withLock { state in state.entries = state.entries.filter { $0.value.at >= time } }
    }
}
