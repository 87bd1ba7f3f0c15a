import Marketplace
import PostgresClient
import Storage
import Streams

/// Handles commands about accounts, sessions and bans.
struct UsersHandler: ServiceHandler {
    let service = ServiceName.users
    let store: UsersStore
    let seal: CommandSeal
    /// Two accounts may request the same e-mail address at the same time.
    let raceKeys: Set<String> = ["users_email_unique"]

    func command(_ type: String, _ payload: Payload) throws -> UsersCommand {
        let payload = try payload.opened(with: seal, of: type)
        return switch type {
        case SignUp.type: .signUp(try payload.decode())
        case StartSession.type: .startSession(try payload.decode())
        case RotateSession.type: .rotateSession(try payload.decode())
        case EndSession.type: .endSession(try payload.decode())
        case EndOwnSession.type: .endOwnSession(try payload.decode())
        case EndOtherSessions.type: .endOtherSessions(try payload.decode())
        case ChangeEmail.type: .changeEmail(try payload.decode())
        case ChangePassword.type: .changePassword(try payload.decode())
        case BanUser.type: .banUser(try payload.decode())
        case UnbanUser.type: .unbanUser(try payload.decode())
        case ChangeRole.type: .changeRole(try payload.decode())
        case RecordFailedSignIn.type: .recordFailedSignIn(try payload.decode())
        default: throw UnknownPayload(what: "the command \(type)")
        }
    }

    func event(_ type: EventType, _ payload: Payload) throws -> Never? { nil }

    func load(
        _ messages: [Message<UsersCommand, Never>], in transaction: PostgresTransaction
    ) async throws -> UsersDecider {
        try await store.load(messages, in: transaction)
    }

    func decide(_ message: Message<UsersCommand, Never>, on state: inout UsersDecider, now: Timestamp) -> Decision {
        switch message {
        case .command(let head, let command): state.decide(head, command, now: now)
        }
    }

    func changes(of state: UsersDecider) -> [SQL] { store.changes(of: state) }
}
