/// The registration of a watcher. The response holds this object, so that the registration always ends with the
/// response.
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

    deinit { hub.remove(id) }
}
