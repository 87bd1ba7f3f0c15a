import Marketplace
import Services

/// An admin, and the version of the account that has the role.
struct Curator: Sendable {
    let actor: Actor
    let version: Int64

    /// Returns the admin of the request. ``AdminGate`` explains why the role is read from the database. The catalogue
    /// service must know this version of the account.
    ///
    /// - Throws: ``Problem`` (403) for other users.
    static func of(_ context: APIContext, _ users: UserReads) async throws -> Curator {
        let requester = try context.requireUser()
        guard let user = try await users.user(requester.id), user.role == .admin else {
            throw Problem.forbidden("only admins may do this")
        }
        return Curator(actor: requester.actor, version: user.version)
    }
}
