import Marketplace
import Synchronization

/// The methods that ``LiveUpdater`` and ``LiveListingReader`` use.
extension LiveHub {
    func watches(_ topic: LiveTopic) -> Bool { state.withLock { $0.topics[topic] != nil } }

    var watchesListings: Bool { state.withLock { $0.watchedListings > 0 } }

    var watchedOrders: [OrderID] {
        state.withLock { state in
            state.topics.keys.compactMap { topic in if case .order(let id) = topic { id } else { nil } }
        }
    }

    // MARK: Listings to read

    /// Marks the given listings that are watched, so that they are read. Returns true if any is watched.
    func markDirty(_ listings: some Sequence<ListingID>) -> Bool {
        state.withLock { state in
            var isAny = false
            for listing in listings where state.topics[.listing(listing)] != nil {
                state.dirty.insert(listing)
                isAny = true
            }
            return isAny
        }
    }

    func markAllDirty() {
        state.withLock { state in
            for case .listing(let id) in state.topics.keys { state.dirty.insert(id) }
        }
    }

    /// Returns true if the listing was read at or after the time.
    func hasRead(_ listing: ListingID, since time: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            guard let topic = state.topics[.listing(listing)], topic.state != nil, let readAt = topic.readAt else {
                return false
            }
            return readAt >= time
        }
    }

    /// Returns the given listings that were never read.
    func unread(_ listings: Set<ListingID>) -> [ListingID] {
        state.withLock { state in listings.filter { state.topics[.listing($0)]?.state == nil } }
    }

    /// Takes the listings to read now, each at most once per `pause`. Returns them, and the time at which the next one
    /// is due.
    func takeDirty(
        limit: Int, pause: Duration, now: ContinuousClock.Instant
    ) -> (due: [ListingID], next: ContinuousClock.Instant?) {
        state.withLock { state in
            var due: [ListingID] = []
            var next: ContinuousClock.Instant?
            for listing in state.dirty {
                let at = state.topics[.listing(listing)]?.readAt.map { $0 + pause } ?? now
                if at <= now, due.count < limit { due.append(listing) } else { next = min(next ?? at, at) }
            }
            for listing in due {
                state.dirty.remove(listing)
                state.topics[.listing(listing)]?.readAt = now
            }
            return (due, next)
        }
    }

    // MARK: Ending streams

    /// Ends a stream if its session has ended or its access token has expired. The client then reconnects, which renews
    /// the session or shows that it has ended. If the stream's user is banned, a last event first makes the client load
    /// the page again. Sends each other stream a heartbeat every `interval` calls.
    func tick(
        _ number: UInt64, heartbeatInterval interval: UInt64, now: Timestamp, isBanned: (UserID) -> Bool,
        hasEnded: (SessionID) -> Bool
    ) {
        let all = state.withLock { $0.watchers }
        var (banned, expired, beating): ([Watcher], [Watcher], [Watcher]) = ([], [], [])
        for (id, watcher) in all {
            if let requester = watcher.viewer.requester, isBanned(requester.id) {
                banned.append(watcher)
            } else if let requester = watcher.viewer.requester,
                requester.expiresAt <= now || hasEnded(requester.session)
            {
                expired.append(watcher)
            } else if id % interval == number % interval {
                beating.append(watcher)
            }
        }
        onEventLoops(banned) { $0.end(ServerSentEvent.event("end", "banned".utf8)) }
        onEventLoops(expired) { $0.end() }
        onEventLoops(beating) { $0.heartbeat() }
    }
}
