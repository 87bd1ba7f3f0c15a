/// An event as it stands in its stream.
public struct StreamEvent: Sendable, Hashable {
    public let id: StreamID
    public let event: EventEnvelope
}
