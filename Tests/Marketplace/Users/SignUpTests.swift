import Testing

@testable import Marketplace

@Suite struct SignUpTests {
    private let command = SignUp(
        email: .sample("fan"), passwordHash: "$argon2id$v=19$…", session: .sample(10, token: 1))

    @Test func signUpCreatesAMemberWithASession() throws {
        var decider = UsersDecider.of()
        let decision = decider.decide(Fixture.head(1, by: .nobody), .signUp(command), now: Fixture.now)

        let user = try #require(decider.users[.n(1)])
        #expect(user.email.text == "fan@example.com" && user.role == .member && user.status == .active)
        #expect(user.version == 1 && user.createdAt == Fixture.now && user.passwordHash == command.passwordHash)
        #expect(decider.insertedUsers == [.n(1)] && decider.updatedUsers.isEmpty)

        let session = try #require(decider.sessions[.n(10)])
        #expect(session.userId == .n(1) && session.ended == nil)
        #expect(session.expiresAt == Fixture.now + .seconds(14 * 86_400))
        #expect(decider.insertedSessions == [.n(10)] && decider.updatedSessions.isEmpty)
        #expect(decider.insertedTokens == [.n(1)])
        #expect(
            decider.tokens[.n(1)]
                == RefreshToken(hash: .n(1), sessionId: .n(10), issuedAt: Fixture.now, rotatedAt: nil))

        let reply = try #require(decision.reply(as: SessionStarted.self))
        #expect(reply == SessionStarted(user: user.reply, sessionId: .n(10), tokenHash: .n(1)))
        #expect(decision.events.map(\.type) == [.userCreated])
        #expect(decision.events.map(\.subject) == [user.id.description] && decision.events.map(\.version) == [1])
    }

    @Test func eventsContainNeitherEmailNorHash() throws {
        var decider = UsersDecider.of()
        let decision = decider.decide(Fixture.head(1, by: .nobody), .signUp(command), now: Fixture.now)
        #expect(
            try Wire.text(try #require(decision.events.first).body)
                == #"{"id":"01980000-0000-7000-8000-000000000001","role":"member","status":"active","version":1}"#)
    }

    @Test func usedAddressesAreRefused() {
        var decider = UsersDecider.of(.sample(5, email: "fan"))
        let decision = decider.decide(Fixture.head(1, by: .nobody), .signUp(command), now: Fixture.now)
        #expect(decision.refusal?.code == .emailTaken && decision.refusal?.field == "email")
        #expect(decider.isUnchanged)
    }

    @Test func firstOfTwoSignUpsGetsTheAddress() {
        var decider = UsersDecider.of()
        let second = SignUp(email: .sample("fan"), passwordHash: "x", session: .sample(11, token: 2))
        #expect(decider.decide(Fixture.head(1, by: .nobody), .signUp(command), now: Fixture.now).isDone)
        #expect(
            decider.decide(Fixture.head(2, by: .nobody), .signUp(second), now: Fixture.now).refusal?.code == .emailTaken
        )
        #expect(
            decider.insertedUsers == [.n(1)] && decider.insertedSessions == [.n(10)]
                && decider.insertedTokens == [.n(1)])
    }

    @Test func reusedKeysAreRefused() {
        var decider = UsersDecider.of(.sample(1, email: "other"))
        let decision = decider.decide(Fixture.head(1, by: .nobody), .signUp(command), now: Fixture.now)
        #expect(decision.refusal?.code == .keyReused)
        #expect(decider.isUnchanged)
    }

    @Test(arguments: [(10, 2), (11, 1)] as [(UInt64, UInt8)])
    func usedSessionIdsAndTokensCreateNoAccount(session: UInt64, token: UInt8) {
        var decider = UsersDecider.of(.sample(5), sessions: [.sample(10, of: 5)], tokens: [.sample(1, of: 10)])
        let command = SignUp(email: .sample("fan"), passwordHash: "x", session: .sample(session, token: token))
        let decision = decider.decide(Fixture.head(1, by: .nobody), .signUp(command), now: Fixture.now)
        #expect(decision.refusal?.code == .conflict)
        #expect(decider.isUnchanged)
        // The address stays free.
        let again = SignUp(email: .sample("fan"), passwordHash: "x", session: .sample(12, token: 3))
        #expect(decider.decide(Fixture.head(2, by: .nobody), .signUp(again), now: Fixture.now).isDone)
    }
}
