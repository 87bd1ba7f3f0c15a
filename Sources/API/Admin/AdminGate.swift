import Marketplace
import Storage

/// Lets admins in, and nobody else.
struct AdminGate: Sendable {
    let users: UserReads

    /// The admin who asks. The role is looked up rather than taken from the token: admins ask rarely, and one who is no
    /// longer one should not see anyone's address for the rest of a token's life.
    func admin(_ context: APIContext) async throws -> Requester {
        let requester = try context.requireUser()
        guard try await users.user(requester.id)?.role == .admin else {
            throw Problem.forbidden("this is for the admins of this marketplace only")
        }
        return requester
    }
}
