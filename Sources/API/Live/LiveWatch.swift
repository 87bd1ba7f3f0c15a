/// One watcher's place in the hub, held by its answer: whatever becomes of that, the place is free again when the answer
/// is gone.
final class LiveWatch: Sendable {
    typealias ID = LiveHub.WatchID

    private let hub: LiveHub
    let id: ID
    let topic: LiveTopic

    init(hub: LiveHub, id: ID, topic: LiveTopic) {
        self.hub = hub
        self.id = id
        self.topic = topic
    }

    deinit { hub.leave(id) }
}
