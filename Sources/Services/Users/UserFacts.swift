package import FoundationEssentials
package import Marketplace
import PostgresClient
package import Storage

extension UserState: Fact {
    package var factID: UUID { id.uuid }
}

extension UserCopy: FactCopy {
    package var factID: UUID { id.uuid }
}

extension ServiceFacts where State == UserState {
    /// The accounts, as the users service announces them.
    package static var users: ServiceFacts {
        ServiceFacts(service: .users, table: "users.users", columns: "id, status, role, version, orders_frozen") {
            row in
            UserState(
                id: try row.decode("id", as: UserID.self), status: try row.known("status", UserState.Status.init),
                role: UserState.Role(rawValue: try row.decode("role", as: String.self)),
                version: try row.decode("version", as: Int64.self),
                ordersFrozen: try row.decode("orders_frozen", as: Bool?.self))
        }
    }
}

extension CopyTable where Copy == UserCopy {
    /// The table `users` in a follower's schema.
    package static func users(of follower: ServiceName) -> CopyTable {
        CopyTable(
            follower: follower, table: "\(identifier: follower.rawValue).users", columns: "id, status, version",
            make: { try UserCopy(row: $0) })
    }
}

/// A service's copies of users, for the doctor.
struct UserCopies<Handler: ServiceHandler>: CopyDeclaration {
    let facts = ServiceFacts<UserState>.users
    let copies: CopyTable<UserCopy>
    let handler: Handler
    let event: @Sendable (UserState) -> Handler.Event

    /// - Parameter event: Converts a user's state to the handler's event.
    init(of handler: Handler, event: @escaping @Sendable (UserState) -> Handler.Event) {
        copies = .users(of: handler.service)
        self.handler = handler
        self.event = event
    }

    func isCopy(_ copy: UserCopy, of state: UserState) -> Bool { copy.isCopy(of: state) }

    func isClosed(_ copy: UserCopy) -> Bool { copy.isClosed }

    func close(_ copy: UserCopy, at now: Timestamp, by decider: DirectDecider) async throws {
        try await decider.decide(event(copy.closingState), by: handler)
    }
}
