/// The name of an event in the event streams (`OrderCreated`).
///
/// The service that emits an event declares its type. A service ignores the types that it does not know.
public struct EventType: RawRepresentable, Hashable, Codable, Sendable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public init(_ rawValue: String) { self.init(rawValue: rawValue) }
}
