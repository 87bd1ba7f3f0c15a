import Testing

@testable import Marketplace

@Suite struct OwnAccountTests {
    private let me = Fixture.head(9, by: .user(.n(1)))

    private func email(_ name: String, seen: Int64? = nil) -> UsersCommand {
        .changeEmail(ChangeEmail(userId: .n(1), email: .sample(name), userVersion: seen))
    }

    private func password(keep: UInt64 = 10, seen: Int64? = nil) -> UsersCommand {
        .changePassword(ChangePassword(userId: .n(1), passwordHash: "new", keep: .n(keep), userVersion: seen))
    }

    private static let all: [UsersCommand] = [
        .changeEmail(ChangeEmail(userId: .n(1), email: .sample("new"))),
        .changePassword(ChangePassword(userId: .n(1), passwordHash: "new", keep: .n(10))),
        .endOtherSessions(EndOtherSessions(userId: .n(1), keep: .n(10))),
        .endOwnSession(EndOwnSession(userId: .n(1), sessionId: .n(10), requestedBy: .n(10))),
    ]

    // MARK: Permissions

    @Test(arguments: all) func onlyTheUserMayChangeTheirAccount(command: UsersCommand) {
        for actor in [Actor.user(.n(2)), .nobody, .operator, .stripe] {
            var decider = UsersDecider.of(.sample(1), .sample(2, role: .admin), sessions: [.sample(10)])
            #expect(decider.decide(Fixture.head(9, by: actor), command, now: Fixture.now).refusal != nil)
            #expect(decider.isUnchanged)
        }
        var decider = UsersDecider.of(.sample(1), sessions: [.sample(10)])
        #expect(decider.decide(me, command, now: Fixture.now).isDone)
        #expect(!decider.isUnchanged)
    }

    @Test func bannedUsersMayChangeNothing() {
        for command in Self.all.prefix(2) {
            var decider = UsersDecider.of(.sample(1, status: .banned), sessions: [.sample(10)])
            #expect(decider.decide(me, command, now: Fixture.now).refusal?.code == .banned)
            #expect(decider.isUnchanged)
        }
    }

    // MARK: The address

    @Test func newAddressesRaiseTheVersion() {
        var decider = UsersDecider.of(.sample(1, version: 4))
        let decision = decider.decide(me, email("new", seen: 4), now: Fixture.now + .seconds(1))
        #expect(decision.reply(as: AccountReply.self)?.version == 5)
        #expect(decider.users[.n(1)]?.email == .sample("new"))
        #expect(decision.events.map(\.type) == [.userUpdated] && decision.events.map(\.version) == [5])
        #expect(decider.users[.n(1)]?.version == 5 && decider.users[.n(1)]?.updatedAt == Fixture.now + .seconds(1))
        #expect(decider.updatedUsers == [.n(1)] && decider.endings.isEmpty)
    }

    @Test func usedAddressesAreRefused() {
        var decider = UsersDecider.of(.sample(1), .sample(2, email: "taken"))
        let decision = decider.decide(me, email("taken"), now: Fixture.now)
        #expect(decision.refusal?.code == .emailTaken && decision.refusal?.field == "email")
        #expect(decider.isUnchanged)
    }

    /// A form that is sent twice has an older version the second time, and is accepted too.
    @Test func theSameAddressChangesNothing() {
        var decider = UsersDecider.of(.sample(1, email: "same", version: 2))
        let decision = decider.decide(me, email("same", seen: 1), now: Fixture.now)
        #expect(decision.isDone && decision.events.isEmpty)
        #expect(decider.isUnchanged)
    }

    @Test func commandsForAnOlderVersionAreRefused() {
        for command in [email("new", seen: 2), password(seen: 2)] {
            var decider = UsersDecider.of(.sample(1, version: 3), sessions: [.sample(10)])
            #expect(decider.decide(me, command, now: Fixture.now).refusal?.code == .conflict)
            #expect(decider.isUnchanged)
        }
    }

    @Test func addressesMayBeSwappedInOneBatch() {
        var decider = UsersDecider.of(.sample(1, email: "a"), .sample(2, email: "b"))
        func change(_ user: UInt64, _ name: String) -> Decision {
            let command = ChangeEmail(userId: .n(user), email: .sample(name))
            return decider.decide(Fixture.head(9, by: .user(.n(user))), .changeEmail(command), now: Fixture.now)
        }
        #expect(change(1, "b").refusal?.code == .emailTaken)
        #expect(change(1, "c").isDone && change(2, "a").isDone && change(1, "b").isDone)
        #expect(change(2, "b").refusal?.code == .emailTaken)
        #expect(decider.users[.n(1)]?.email == .sample("b") && decider.users[.n(2)]?.email == .sample("a"))
    }

    @Test func releasedAddressesAreFree() {
        var decider = UsersDecider.of(.sample(1, email: "old"))
        _ = decider.decide(me, email("new"), now: Fixture.now)
        let command = SignUp(email: .sample("old"), passwordHash: "x", session: .sample(20, token: 2))
        #expect(decider.decide(Fixture.head(5, by: .nobody), .signUp(command), now: Fixture.now).isDone)
    }

    // MARK: The password

    @Test func passwordChangesEndAllOtherSessions() {
        var decider = UsersDecider.of(
            .sample(1), sessions: [.sample(10), .sample(11), .sample(20, of: 2)], tokens: [.sample(1, of: 11)])
        let decision = decider.decide(me, password(seen: 1), now: Fixture.now)
        let end = Session.End(at: Fixture.now, reason: .passwordChanged)
        #expect(decision.isDone && decision.events.map(\.version) == [2])
        #expect(decider.users[.n(1)]?.passwordHash == "new" && decider.updatedUsers == [.n(1)])
        #expect(decider.sessions[.n(11)]?.ended == end && decider.updatedSessions == [.n(11)])
        #expect(decider.endings == [.n(1): end])
    }

    /// The access token of such a session may still be valid.
    @Test(arguments: [
        Session.sample(10, ended: Session.End(at: Fixture.now, reason: .signedOut)),
        .sample(10, expiresAt: Fixture.now), .sample(10, of: 2), .sample(77),
    ])
    func inactiveAndForeignSessionsMayChangeNothing(session: Session) {
        let end = UsersCommand.endOtherSessions(EndOtherSessions(userId: .n(1), keep: .n(10)))
        for command in [password(), end] {
            var decider = UsersDecider.of(.sample(1), .sample(2), sessions: [session, .sample(11)])
            #expect(decider.decide(me, command, now: Fixture.now).refusal?.code == .signedOut)
            #expect(decider.isUnchanged)
        }
    }

    @Test func oldPasswordsStartNoSession() {
        var decider = UsersDecider.of(.sample(1, version: 2))
        let old = StartSession(userId: .n(1), session: .sample(10, token: 1), userVersion: 1)
        let decision = decider.decide(Fixture.head(9, by: .nobody), .startSession(old), now: Fixture.now)
        #expect(decision.refusal?.code == .wrongCredentials && decider.isUnchanged)
        let new = StartSession(userId: .n(1), session: .sample(10, token: 1), userVersion: 2)
        #expect(decider.decide(Fixture.head(9, by: .nobody), .startSession(new), now: Fixture.now).isDone)
    }

    // MARK: Sessions

    @Test func ownSessionsEndOnce() {
        var decider = UsersDecider.of(.sample(1), sessions: [.sample(10), .sample(11)])
        let command = UsersCommand.endOwnSession(EndOwnSession(userId: .n(1), sessionId: .n(11), requestedBy: nil))
        #expect(decider.decide(me, command, now: Fixture.now).isSilent)
        let end = Session.End(at: Fixture.now, reason: .signedOut)
        #expect(
            decider.sessions[.n(11)]?.ended == end && decider.updatedSessions == [.n(11)] && decider.endings.isEmpty)
        #expect(decider.decide(me, command, now: Fixture.now + .seconds(5)).isSilent)
        #expect(decider.sessions[.n(11)]?.ended == end)
    }

    @Test func onlyAnActiveSessionEndsAnother() {
        let ended = Session.sample(12, ended: Session.End(at: Fixture.now, reason: .passwordChanged))
        for requester in [ended, .sample(13, of: 2)] {
            var decider = UsersDecider.of(.sample(1), .sample(2), sessions: [.sample(11), requester])
            let command = EndOwnSession(userId: .n(1), sessionId: .n(11), requestedBy: requester.id)
            #expect(decider.decide(me, .endOwnSession(command), now: Fixture.now).refusal?.code == .signedOut)
            #expect(decider.isUnchanged)
        }
    }

    @Test func foreignSessionsAreNotFound() {
        for session in [Session.sample(11, of: 2), .sample(12)] {
            var decider = UsersDecider.of(.sample(1), .sample(2), sessions: [session])
            let command = UsersCommand.endOwnSession(EndOwnSession(userId: .n(1), sessionId: .n(11), requestedBy: nil))
            #expect(decider.decide(me, command, now: Fixture.now).refusal?.code == .notFound)
            #expect(decider.isUnchanged)
        }
    }

    @Test func endingOtherSessionsKeepsTheRequestingOne() {
        var decider = UsersDecider.of(.sample(1), sessions: [.sample(10), .sample(11)])
        let command = UsersCommand.endOtherSessions(EndOtherSessions(userId: .n(1), keep: .n(10)))
        #expect(decider.decide(me, command, now: Fixture.now).isSilent)
        #expect(decider.updatedSessions == [.n(11)] && decider.sessions[.n(10)]?.ended == nil)
        #expect(decider.endings == [.n(1): Session.End(at: Fixture.now, reason: .signedOut)])
    }
}
