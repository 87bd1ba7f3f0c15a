import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Workers

/// One's own account on a real PostgreSQL: what the desk decides is what the tables say after.
@Suite(.timeLimit(.minutes(1))) struct OwnAccountTests {
    private typealias UsersRig = Rig<UsersHandler>

    /// Signs up, and gives the user and the first session.
    private func signUp(_ rig: UsersRig, _ email: String) async throws -> (UserID, SessionID) {
        let signUp = try SignUp.fixture(email)
        let id = try await rig.send(signUp)
        try await rig.drain()
        return (UserID(id.uuid), signUp.session.id)
    }

    private func start(_ rig: UsersRig, _ user: UserID) async throws -> SessionID {
        let session = try SignUp.fixture("any@example.com").session
        try await rig.send(StartSession(userId: user, session: session))
        try await rig.drain()
        return session.id
    }

    private func address(_ text: String) throws -> EmailAddress { try #require(EmailAddress(text)) }

    @Test func aChangedPasswordEndsTheOthersAndIsTheOneThatIsChecked() async throws {
        let rig = try await Rig.users()
        let (user, first) = try await signUp(rig, "a@example.com")
        let (other, others) = try await signUp(rig, "b@example.com")
        let here = try await start(rig, user)
        _ = try await start(rig, user)
        let reads = UserReads(rig.pool)
        #expect(try await reads.sessions(of: user, current: here).count == 3)
        #expect(try await reads.sessions(of: user, current: here).first?.id == here)

        try await rig.send(
            ChangePassword(userId: user, passwordHash: "new hash", keep: here, userVersion: 1), actor: .user(user))
        try await rig.drain()
        #expect(try await reads.credentials(of: address("a@example.com"))?.passwordHash == "new hash")
        #expect(try await reads.credentials(of: other)?.passwordHash == "hash")
        let left = try await reads.sessions(of: user, current: here)
        #expect(left.map(\.id) == [here] && left.map(\.current) == [true])
        #expect(try await reads.sessions(of: other, current: here).map(\.id) == [others])
        #expect(
            try await rig.number("SELECT count(*) FROM users.sessions WHERE ended_because = 'password_changed'") == 2)
        #expect(try await reads.hasSession(first, of: user))
        #expect(try await reads.hasSession(first, of: other) == false)

        // The session that has ended ends none that lives.
        let late = try await rig.send(EndOtherSessions(userId: user, keep: first), actor: .user(user))
        try await rig.drain()
        #expect(try await rig.refusal(of: late) == .signedOut)
        #expect(try await reads.sessions(of: user, current: here).count == 1)
    }

    @Test func sessionsAreEndedOneByOneAndAllOthersAtOnce() async throws {
        let rig = try await Rig.users()
        let (user, here) = try await signUp(rig, "a@example.com")
        let (stranger, _) = try await signUp(rig, "b@example.com")
        var sessions: [SessionID] = []
        for _ in 0..<3 { sessions.append(try await start(rig, user)) }
        let theft = try await rig.send(EndOwnSession(userId: stranger, sessionId: here), actor: .user(stranger))
        try await rig.send(EndOwnSession(userId: user, sessionId: sessions[0]), actor: .user(user))
        try await rig.drain()
        #expect(try await rig.refusal(of: theft) == .notFound)
        let reads = UserReads(rig.pool)
        #expect(try await Set(reads.sessions(of: user, current: here).map(\.id)) == [here, sessions[1], sessions[2]])
        try await rig.send(EndOtherSessions(userId: user, keep: here), actor: .user(user))
        try await rig.drain()
        #expect(try await reads.sessions(of: user, current: here).map(\.id) == [here])
        #expect(try await rig.number("SELECT count(*) FROM users.sessions WHERE ended_because = 'signed_out'") == 3)
    }

    /// In one batch: the unique key of the addresses would refuse any other order of the writes.
    @Test func addressesAreChangedCrosswiseAndTakenAtOnce() async throws {
        let rig = try await Rig.users()
        let (a, _) = try await signUp(rig, "a@example.com")
        let (b, _) = try await signUp(rig, "b@example.com")
        for (user, to) in [(a, "c"), (b, "a"), (a, "b")] {
            try await rig.send(
                ChangeEmail(userId: user, email: address("\(to)@example.com")), actor: .user(user))
        }
        let new = try await rig.send(SignUp.fixture("c@example.com"))
        let taken = try await rig.send(
            ChangeEmail(userId: a, email: address("c@example.com")), actor: .user(a))
        let batch = try #require(try await rig.consumer.next())
        #expect(batch.entries.count == 5)
        try await rig.handle(batch)
        #expect(try await rig.refusal(of: taken) == .emailTaken)
        let reads = UserReads(rig.pool)
        #expect(try await reads.id(of: address("a@example.com")) == b)
        #expect(try await reads.id(of: address("b@example.com")) == a)
        #expect(try await reads.id(of: address("c@example.com")) == UserID(new.uuid))
        #expect(try await reads.user(a)?.version == 3)
        #expect(try await rig.dead() == 0)
        #expect(try await rig.count("ZCARD", rig.keys.later(.users)) == 0)
    }
}
