import Marketplace
import Services
import Storage

/// Allows only admins.
struct AdminGate: Sendable {
    let users: UserReads

    /// Returns the admin of the request.
    ///
    /// The role is read from the database, not from the token: a former admin must not see users' addresses until the
    /// token expires, and requests of admins are rare.
    ///
    /// - Throws: ``Problem`` (403) for other users.
    func admin(_ context: APIContext) async throws -> Requester {
        let requester = try context.requireUser()
        guard try await users.user(requester.id)?.role == .admin else {
            throw Problem.forbidden("only admins may do this")
        }
        return requester
    }
}
