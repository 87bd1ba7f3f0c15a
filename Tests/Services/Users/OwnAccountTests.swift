import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Services

/// Commands for a user's own account, with a real PostgreSQL.
@Suite(.timeLimit(.minutes(1))) struct OwnAccountTests {
    private typealias UsersHarness = ServiceHarness<UsersHandler>

    /// Signs up, and returns the user and the first session.
    private func signUp(_ harness: UsersHarness, _ email: String) async throws -> (UserID, SessionID) {
        let signUp = try SignUp.fixture(email)
        let id = try await harness.send(signUp)
        try await harness.drain()
        return (UserID(id.uuid), signUp.session.id)
    }

    private func start(_ harness: UsersHarness, _ user: UserID) async throws -> SessionID {
        let session = try SignUp.fixture("any@example.com").session
        try await harness.send(StartSession(userId: user, session: session))
        try await harness.drain()
        return session.id
    }

    private func address(_ text: String) throws -> EmailAddress { try #require(EmailAddress(text)) }

    @Test func aPasswordChangeReplacesTheHashAndEndsTheOtherSessions() async throws {
        let harness = try await ServiceHarness.users()
        let (user, first) = try await signUp(harness, "a@example.com")
        let (other, others) = try await signUp(harness, "b@example.com")
        let here = try await start(harness, user)
        _ = try await start(harness, user)
        let reads = UserReads(harness.pool)
        #expect(try await reads.sessions(of: user, current: here).count == 3)
        #expect(try await reads.sessions(of: user, current: here).first?.id == here)

        try await harness.send(
            ChangePassword(userId: user, passwordHash: "new hash", keep: here, userVersion: 1), actor: .user(user))
        try await harness.drain()
        #expect(try await reads.credentials(of: address("a@example.com"))?.passwordHash == "new hash")
        #expect(try await reads.credentials(of: other)?.passwordHash == "hash")
        let left = try await reads.sessions(of: user, current: here)
        #expect(left.map(\.id) == [here] && left.map(\.current) == [true])
        #expect(try await reads.sessions(of: other, current: here).map(\.id) == [others])
        #expect(
            try await harness.number("SELECT count(*) FROM users.sessions WHERE ended_because = 'password_changed'")
                == 2)
        #expect(try await reads.hasSession(first, of: user))
        #expect(try await reads.hasSession(first, of: other) == false)

        // An ended session cannot end others.
        let late = try await harness.send(EndOtherSessions(userId: user, keep: first), actor: .user(user))
        try await harness.drain()
        let single = try await harness.send(
            EndOwnSession(userId: user, sessionId: here, requestedBy: first), actor: .user(user))
        try await harness.drain()
        #expect(try await harness.refusal(of: late) == .signedOut)
        #expect(try await harness.refusal(of: single) == .signedOut)
        #expect(try await reads.sessions(of: user, current: here).count == 1)
    }

    @Test func sessionsCanBeEndedOneByOneAndAllOthersAtOnce() async throws {
        let harness = try await ServiceHarness.users()
        let (user, here) = try await signUp(harness, "a@example.com")
        let (stranger, _) = try await signUp(harness, "b@example.com")
        var sessions: [SessionID] = []
        for _ in 0..<3 { sessions.append(try await start(harness, user)) }
        let theft = try await harness.send(
            EndOwnSession(userId: stranger, sessionId: here, requestedBy: nil), actor: .user(stranger))
        try await harness.send(
            EndOwnSession(userId: user, sessionId: sessions[0], requestedBy: here), actor: .user(user))
        try await harness.drain()
        #expect(try await harness.refusal(of: theft) == .notFound)
        let reads = UserReads(harness.pool)
        #expect(try await Set(reads.sessions(of: user, current: here).map(\.id)) == [here, sessions[1], sessions[2]])
        try await harness.send(EndOtherSessions(userId: user, keep: here), actor: .user(user))
        try await harness.drain()
        #expect(try await reads.sessions(of: user, current: here).map(\.id) == [here])
        #expect(try await harness.number("SELECT count(*) FROM users.sessions WHERE ended_because = 'signed_out'") == 3)
    }

    /// If the writes were in a different order, the unique key of the addresses would refuse them.
    @Test func addressesCanBeSwappedAndTakenInOneBatch() async throws {
        let harness = try await ServiceHarness.users()
        let (a, _) = try await signUp(harness, "a@example.com")
        let (b, _) = try await signUp(harness, "b@example.com")
        for (user, to) in [(a, "c"), (b, "a"), (a, "b")] {
            try await harness.send(
                ChangeEmail(userId: user, email: address("\(to)@example.com")), actor: .user(user))
        }
        let new = try await harness.send(SignUp.fixture("c@example.com"))
        let taken = try await harness.send(
            ChangeEmail(userId: a, email: address("c@example.com")), actor: .user(a))
        let batch = try #require(try await harness.consumer.next())
        #expect(batch.entries.count == 5)
        try await harness.handle(batch)
        #expect(try await harness.refusal(of: taken) == .emailTaken)
        let reads = UserReads(harness.pool)
        #expect(try await reads.id(of: address("a@example.com")) == b)
        #expect(try await reads.id(of: address("b@example.com")) == a)
        #expect(try await reads.id(of: address("c@example.com")) == UserID(new.uuid))
        #expect(try await reads.user(a)?.version == 3)
        #expect(try await harness.deadLetterCount() == 0)
        #expect(try await harness.count("ZCARD", harness.keys.deferred(.users)) == 0)
    }
}
