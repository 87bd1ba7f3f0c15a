import Marketplace
import Services
import Storage

/// Allows only admins.
struct AdminGate: Sendable {
    let users: UserReads

    /// Returns the admin of the request.
    ///
    /// The role is read from the database, not from the token, so that a former admin can no longer see users'
    /// addresses. Requests of admins are rare, so the read costs little.
    ///
    /// - Throws: ``Problem`` (403) for other users.
    func admin(_ context: APIContext) async throws -> Requester {
        let requester = try context.requireUser()
        guard try await users.user(requester.id)?.role == .admin else {
            throw Problem.forbidden("only admins may do this")
        }
        return requester
    }

    /// Before an entry of the catalogue is published, only admins and the seller who proposed it see it.
    ///
    /// - Throws: ``Problem`` (404) for other users.
    func proposerOrAdmin(_ proposer: UserID?, of thing: String, _ context: APIContext) async throws {
        guard let user = context.user else { throw Problem.notFound(thing) }
        if user.id == proposer { return }
        guard try await users.user(user.id)?.role == .admin else { throw Problem.notFound(thing) }
    }
}
