public import Marketplace

/// The stream that an entry was read from.
public enum StreamSource: Sendable, Hashable {
    /// The service's own command stream: commands, and deferred events that come back.
    case commands(ServiceName)
    /// The event stream of another service.
    case events(ServiceName)
    /// The events that another service feeds to one follower from its outbox.
    case catchUp(ServiceName, to: ServiceName)

    func key(_ keys: Keys) -> String {
        switch self {
        case .commands(let service): keys.commands(service)
        case .events(let service): keys.events(service)
        case .catchUp(let service, let follower): keys.catchUp(service, to: follower.rawValue)
        }
    }

    /// True if its entries are deleted when they are acknowledged, because only one service reads it.
    var isQueue: Bool {
        switch self {
        case .commands, .catchUp: true
        case .events: false
        }
    }

    /// The stream that the entries came from originally.
    var original: StreamSource {
        if case .catchUp(let service, _) = self { .events(service) } else { self }
    }
}

extension StreamSource: CustomStringConvertible {
    /// `commands:orders`, `events:tickets`, `events:tickets:to:orders`.
    public var description: String {
        switch self {
        case .commands(let service): "commands:\(service.rawValue)"
        case .events(let service): "events:\(service.rawValue)"
        case .catchUp(let service, let follower): "events:\(service.rawValue):to:\(follower.rawValue)"
        }
    }

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let service = ServiceName(rawValue: String(parts[1])) else { return nil }
        switch parts[0] {
        case "commands": self = .commands(service)
        case "events": self = .events(service)
        default: return nil
        }
    }
}
