public import Marketplace

/// The stream that an entry was read from.
public enum StreamSource: Sendable, Hashable {
    /// The service's own command stream: commands, and deferred events that come back.
    case commands(ServiceName)
    /// The event stream of another service.
    case events(ServiceName)

    func key(_ keys: Keys) -> String {
        switch self {
        case .commands(let service): keys.commands(service)
        case .events(let service): keys.events(service)
        }
    }
}

extension StreamSource: CustomStringConvertible {
    /// `commands:orders`, `events:tickets`.
    public var description: String {
        switch self {
        case .commands(let service): "commands:\(service.rawValue)"
        case .events(let service): "events:\(service.rawValue)"
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
