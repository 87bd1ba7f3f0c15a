import Marketplace
import Synchronization

/// What the keeper asks of the hub.
extension LiveHub {
    func watches(_ topic: LiveTopic) -> Bool { state.withLock { $0.topics[topic] != nil } }

    var watchesTickets: Bool { state.withLock { $0.tickets > 0 } }

    var watchedOrders: [OrderID] {
        state.withLock { state in
            state.topics.keys.compactMap { topic in if case .order(let id) = topic { id } else { nil } }
        }
    }

    // MARK: Tickets to be read

    /// Whether one of them is watched, and so has to be read.
    func markDirty(_ tickets: some Sequence<TicketID>) -> Bool {
        state.withLock { state in
            var isAny = false
            for ticket in tickets where state.topics[.ticket(ticket)] != nil {
                state.dirty.insert(ticket)
                isAny = true
            }
            return isAny
        }
    }

    func markAllDirty() {
        state.withLock { state in
            for case .ticket(let id) in state.topics.keys { state.dirty.insert(id) }
        }
    }

    /// Whether it was read so short a time ago.
    func hasRead(_ ticket: TicketID, since time: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            guard let topic = state.topics[.ticket(ticket)], topic.state != nil, let readAt = topic.readAt else {
                return false
            }
            return readAt >= time
        }
    }

    /// Those that were not read yet.
    func unread(_ tickets: Set<TicketID>) -> [TicketID] {
        state.withLock { state in tickets.filter { state.topics[.ticket($0)]?.state == nil } }
    }

    /// What is read now, and when the next of the rest is due; each is read at most once a `pause`.
    func takeDirty(
        limit: Int, pause: Duration, now: ContinuousClock.Instant
    ) -> (due: [TicketID], next: ContinuousClock.Instant?) {
        state.withLock { state in
            var due: [TicketID] = []
            var next: ContinuousClock.Instant?
            for ticket in state.dirty {
                let at = state.topics[.ticket(ticket)]?.readAt.map { $0 + pause } ?? now
                if at <= now, due.count < limit { due.append(ticket) } else { next = min(next ?? at, at) }
            }
            for ticket in due {
                state.dirty.remove(ticket)
                state.topics[.ticket(ticket)]?.readAt = now
            }
            return (due, next)
        }
    }

    // MARK: Streams that are over

    /// Ends the streams of those who are banned, and those whose access token has run out: the client comes again, and
    /// has its session renewed or is told that it is over. Every stream has a heartbeat once in `beats` calls.
    func tick(_ number: UInt64, beats: UInt64, now: Timestamp, isBanned: (UserID) -> Bool) {
        let all = state.withLock { $0.watchers }
        var (banned, over, beating): ([Watcher], [Watcher], [Watcher]) = ([], [], [])
        for (id, watcher) in all {
            if let requester = watcher.viewer.requester, isBanned(requester.id) {
                banned.append(watcher)
            } else if let requester = watcher.viewer.requester, requester.expiresAt <= now {
                over.append(watcher)
            } else if id % beats == number % beats {
                beating.append(watcher)
            }
        }
        onLoops(banned) { $0.end(ServerSentEvent.event("end", "banned".utf8)) }
        onLoops(over) { $0.end() }
        onLoops(beating) { $0.heartbeat() }
    }
}
