/// An event, and its id in the event stream.
public struct StreamEvent: Sendable, Hashable {
    public let id: StreamID
    public let event: EventEnvelope
}
