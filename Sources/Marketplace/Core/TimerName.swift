/// The name of a timer that a service declares, such as the end of an order's hold or the start of a listing's show.
public struct TimerName: Hashable, Sendable {
    /// The name of a kind of timer: `hold`. It is part of a Redis key and of command ids.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public init(_ rawValue: String) { self.init(rawValue: rawValue) }
    }

    /// The service that sets and clears the timer, and that gets the command.
    public var service: ServiceName
    public var kind: Kind

    public init(_ service: ServiceName, _ kind: Kind) {
        self.service = service
        self.kind = kind
    }
}
