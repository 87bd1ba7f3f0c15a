/// The number of processes of each type, such as `[.api: 2, .users: 2]`.
public typealias Formation = [ProcessType: Int]

/// A process type of the Procfile.
public enum ProcessType: String, Sendable, Hashable, CaseIterable {
    case api, users, tickets, orders, payments, expiration
    /// Workers of every service in one process.
    case all

    /// The types whose processes run the workers of one service.
    public static let services: [ProcessType] = [.users, .tickets, .orders, .payments, .expiration]
}

extension Formation {
    /// One API process, and one process with the workers of every service.
    public static let small: Formation = [.api: 1, .all: 1]

    /// Two API processes, and two worker processes for each service.
    public static let doubled = Formation(uniqueKeysWithValues: ([.api] + ProcessType.services).map { ($0, 2) })
}
