import HTTPTypes
import Marketplace
import NIOCore

extension LiveHub.State {
    /// The reason to refuse a new watcher; `nil` if it is accepted.
    func refusal(of viewer: LiveViewer, _ limits: LiveLimits) -> Problem? {
        if isClosed { return .unavailable("the server is stopping: try again") }
        if watchers.count >= limits.streams {
            return .unavailable("too many streams are open at the moment: try again in a few seconds", retryAfter: 10)
        }
        let ofUser = viewer.requester.flatMap { perUser[$0.id] } ?? 0
        guard perAddress[viewer.address, default: 0] < limits.perAddress, ofUser < limits.perUser else {
            return .tooManyStreams
        }
        return nil
    }

    mutating func add(_ watcher: LiveHub.Watcher) -> LiveHub.WatchID {
        lastWatch += 1
        watchers[lastWatch] = watcher
        if topics[watcher.topic] == nil, case .listing = watcher.topic { watchedListings += 1 }
        topics[watcher.topic, default: LiveHub.Topic()].watchers.insert(lastWatch)
        perAddress[watcher.viewer.address, default: 0] += 1
        if let user = watcher.viewer.requester?.id { perUser[user, default: 0] += 1 }
        return lastWatch
    }

    mutating func remove(_ watch: LiveHub.WatchID) {
        guard let watcher = watchers.removeValue(forKey: watch) else { return }
        topics[watcher.topic]?.watchers.remove(watch)
        if topics[watcher.topic]?.watchers.isEmpty == true {
            topics[watcher.topic] = nil
            if case .listing(let id) = watcher.topic {
                watchedListings -= 1
                dirty.remove(id)
            }
        }
        perAddress.decrement(watcher.viewer.address)
        if let user = watcher.viewer.requester?.id { perUser.decrement(user) }
    }

    /// Maximum number of cached frames for one state. There are about a hundred thousand combinations of region and
    /// time zone, and a client may send any of them.
    static let frameLimit = 64

    /// Caches the bytes of a state for other watchers with an equal visitor.
    mutating func cache(_ frame: ByteBuffer, of topic: LiveTopic, revision: UInt64, for visitor: Visitor) {
        guard let known = topics[topic], known.revision == revision, known.watchers.count > 1,
            known.frames.count < Self.frameLimit
        else { return }
        topics[topic]?.frames[visitor] = frame
    }
}

extension Dictionary where Value == Int {
    fileprivate mutating func decrement(_ key: Key) {
        guard let count = self[key] else { return }
        self[key] = count > 1 ? count - 1 : nil
    }
}

extension Problem {
    static let tooManyStreams = Problem(
        .tooManyRequests, "too-many-streams", "Too many streams",
        "too many streams are open from this address or account",
        headers: [.retryAfter: "30"])
}
