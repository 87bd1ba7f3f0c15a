import HTTPTypes
import Marketplace
import NIOCore

extension LiveHub.State {
    /// Why one more can't watch.
    func refusal(of viewer: LiveViewer, _ limits: LiveLimits) -> Problem? {
        if isClosed { return .unavailable("the server is stopping: try again") }
        if watchers.count >= limits.streams {
            return .unavailable("too many are watching just now: try again in some seconds", retryAfter: 10)
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
        if topics[watcher.topic] == nil, case .ticket = watcher.topic { tickets += 1 }
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
            if case .ticket(let id) = watcher.topic {
                tickets -= 1
                dirty.remove(id)
            }
        }
        perAddress.countDown(watcher.viewer.address)
        if let user = watcher.viewer.requester?.id { perUser.countDown(user) }
    }

    /// How many kinds of visitors the bytes of one state are kept for. There are some hundred thousand, of all regions
    /// and time zones, and anyone may say that they are one after the other.
    static let frameLimit = 64

    /// Keeps the bytes of a state for those who will watch it too.
    mutating func keep(_ frame: ByteBuffer, of topic: LiveTopic, revision: UInt64, for visitor: Visitor) {
        guard let known = topics[topic], known.revision == revision, known.watchers.count > 1,
            known.frames.count < Self.frameLimit
        else { return }
        topics[topic]?.frames[visitor] = frame
    }
}

extension Dictionary where Value == Int {
    fileprivate mutating func countDown(_ key: Key) {
        guard let count = self[key] else { return }
        self[key] = count > 1 ? count - 1 : nil
    }
}

extension Problem {
    static let tooManyStreams = Problem(
        .tooManyRequests, "too-many-streams", "Too many streams", "too many streams are open from where you are",
        headers: [.retryAfter: "30"])
}
