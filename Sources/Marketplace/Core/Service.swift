/// A service: one pool of workers, one schema, one command stream, one event stream.
public enum Service: String, CaseIterable, Sendable, Codable, Hashable {
    case users, tickets, orders, payments, expiration

    /// Whether the service keeps its facts in PostgreSQL, in the schema of its name.
    public var hasSchema: Bool { self != .expiration }

    /// The services whose events this one keeps copies from.
    public var follows: [Service] {
        switch self {
        case .users: []
        case .tickets: [.users, .orders]
        case .orders: [.users, .tickets, .payments, .expiration]
        case .payments: [.orders]
        case .expiration: [.orders]
        }
    }

    /// The services that must have read an event of this one before it may be forgotten: the declared groups of its
    /// event stream.
    public var followers: [Service] { Service.allCases.filter { $0.follows.contains(self) } }
}
