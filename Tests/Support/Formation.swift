import Marketplace
import Services

/// The number of processes of each type, such as `[.api: 2, .users: 2]`.
public typealias Formation = [ProcessType: Int]

/// A process type of the Procfile.
public struct ProcessType: RawRepresentable, Sendable, Hashable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let api = ProcessType(rawValue: "api")
    public static let users = ProcessType(rawValue: "users")
    public static let tickets = ProcessType(rawValue: "tickets")
    public static let orders = ProcessType(rawValue: "orders")
    public static let payments = ProcessType(rawValue: "payments")
    public static let expiration = ProcessType(rawValue: "expiration")
    public static let catalogue = ProcessType(rawValue: "catalogue")
    /// Workers of every service in one process.
    public static let all = ProcessType(rawValue: "all")

    /// The types whose processes run the workers of one service.
    public static let services = ServiceRegistry.all.map { ProcessType(rawValue: $0.name.rawValue) }

    public static var allCases: [ProcessType] { [.api] + services + [.all] }
}

extension Formation {
    /// One API process, and one process with the workers of every service.
    public static let small: Formation = [.api: 1, .all: 1]

    /// Two API processes, and two worker processes for each service.
    public static let doubled = Formation(uniqueKeysWithValues: ([.api] + ProcessType.services).map { ($0, 2) })
}
