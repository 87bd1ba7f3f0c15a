/// The registration of a watcher. The response holds it, so that the registration ends with the response in every case.
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
