import Testing

@testable import Marketplace

@Suite struct SignUpTests {
    private let command = SignUp(
        email: .sample("fan"), passwordHash: "$argon2id$v=19$…", session: .sample(10, token: 1))

    @Test func makesAMemberWithTheCommandsIdAndASession() throws {
        var desk = UsersDesk.of()
        let decision = desk.decide(Sample.head(1, by: .nobody), .signUp(command), now: Sample.now)

        let user = try #require(desk.users[.n(1)])
        #expect(user.email.text == "fan@example.com" && user.role == .member && user.status == .active)
        #expect(user.version == 1 && user.createdAt == Sample.now && user.passwordHash == command.passwordHash)
        #expect(desk.newUsers == [.n(1)] && desk.changedUsers.isEmpty)

        let session = try #require(desk.sessions[.n(10)])
        #expect(session.userId == .n(1) && session.ended == nil)
        #expect(session.expiresAt == Sample.now + .seconds(30 * 86_400))
        #expect(desk.newSessions == [.n(10)] && desk.changedSessions.isEmpty)
        #expect(desk.newTokens == [.n(1)])
        #expect(
            desk.tokens[.n(1)]
                == RefreshToken(hash: .n(1), sessionId: .n(10), issuedAt: Sample.now, rotatedAt: nil))

        let reply = try #require(decision.reply(as: SessionStarted.self))
        #expect(reply == SessionStarted(user: user.representation, sessionId: .n(10), tokenHash: .n(1)))
        #expect(decision.events.map(\.type) == [.userCreated])
        #expect(decision.events.map(\.subject) == [user.id.description] && decision.events.map(\.version) == [1])
    }

    @Test func tellsOthersNeitherTheEmailNorTheHash() throws {
        var desk = UsersDesk.of()
        let decision = desk.decide(Sample.head(1, by: .nobody), .signUp(command), now: Sample.now)
        #expect(
            try Wire.text(try #require(decision.events.first).body)
                == #"{"id":"01980000-0000-7000-8000-000000000001","role":"member","status":"active","version":1}"#)
    }

    @Test func anEmailInUseIsRefused() {
        var desk = UsersDesk.of(.sample(5, email: "fan"))
        let decision = desk.decide(Sample.head(1, by: .nobody), .signUp(command), now: Sample.now)
        #expect(decision.refusal?.code == .emailTaken && decision.refusal?.field == "email")
        #expect(desk.isUnchanged)
    }

    @Test func ofTwoForOneEmailInABatchTheFirstGetsIt() {
        var desk = UsersDesk.of()
        let second = SignUp(email: .sample("fan"), passwordHash: "x", session: .sample(11, token: 2))
        #expect(desk.decide(Sample.head(1, by: .nobody), .signUp(command), now: Sample.now).isDone)
        #expect(
            desk.decide(Sample.head(2, by: .nobody), .signUp(second), now: Sample.now).refusal?.code == .emailTaken)
        #expect(desk.newUsers == [.n(1)] && desk.newSessions == [.n(10)] && desk.newTokens == [.n(1)])
    }

    @Test func anIdThatMadeAnAccountBeforeIsRefused() {
        var desk = UsersDesk.of(.sample(1, email: "other"))
        let decision = desk.decide(Sample.head(1, by: .nobody), .signUp(command), now: Sample.now)
        #expect(decision.refusal?.code == .keyReused)
        #expect(desk.isUnchanged)
    }

    @Test(arguments: [(10, 2), (11, 1)] as [(UInt64, UInt8)])
    func aSessionOrATokenThatIsThereIsRefusedAndMakesNoAccount(session: UInt64, token: UInt8) {
        var desk = UsersDesk.of(.sample(5), sessions: [.sample(10, of: 5)], tokens: [.sample(1, of: 10)])
        let command = SignUp(email: .sample("fan"), passwordHash: "x", session: .sample(session, token: token))
        let decision = desk.decide(Sample.head(1, by: .nobody), .signUp(command), now: Sample.now)
        #expect(decision.refusal?.code == .conflict)
        #expect(desk.isUnchanged)
        // The address stays free.
        let again = SignUp(email: .sample("fan"), passwordHash: "x", session: .sample(12, token: 3))
        #expect(desk.decide(Sample.head(2, by: .nobody), .signUp(again), now: Sample.now).isDone)
    }
}
