/// The sender of a command, as in the stream's `actor` field.
public enum Actor: Hashable, Sendable {
    case nobody
    case user(UserID)
    /// The `gittix` command, which has access to Redis.
    case `operator`
    /// Stripe, through a signed webhook.
    case stripe

    /// `-`, a user's id, `operator` or `stripe`.
    public var text: String {
        switch self {
        case .nobody: "-"
        case .user(let id): id.description
        case .operator: "operator"
        case .stripe: "stripe"
        }
    }

    public init?(text: String) {
        switch text {
        case "-", "": self = .nobody
        case "operator": self = .operator
        case "stripe": self = .stripe
        default:
            guard let id = UserID(text) else { return nil }
            self = .user(id)
        }
    }

    public var userID: UserID? { if case .user(let id) = self { id } else { nil } }
}
