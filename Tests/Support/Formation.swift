/// How many processes of each kind run: `[.api: 2, .users: 2]`.
public typealias Formation = [ProcessType: Int]

/// What a Procfile calls a process type.
public enum ProcessType: String, Sendable, Hashable, CaseIterable {
    case api, users, tickets, orders, payments, expiration
    /// Every pool in one process.
    case all

    /// The pools that such a process runs.
    public var pools: [String] {
        switch self {
        case .api: []
        case .all: ["users", "tickets", "orders", "payments", "expiration"]
        default: [rawValue]
        }
    }
}

extension Formation {
    /// One API process, and one for all pools.
    public static let small: Formation = [.api: 1, .all: 1]

    /// Two API processes and two of every pool, each pool in processes of its own.
    public static let doubled: Formation = [
        .api: 2, .users: 2, .tickets: 2, .orders: 2, .payments: 2, .expiration: 2,
    ]
}
