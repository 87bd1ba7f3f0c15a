import Testing

@testable import Marketplace

@Suite struct OwnAccountTests {
    private let me = Sample.head(9, by: .user(.n(1)))

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
        .endOwnSession(EndOwnSession(userId: .n(1), sessionId: .n(10))),
    ]

    // MARK: Who may

    @Test(arguments: all) func onlyOneselfMay(command: UsersCommand) {
        for actor in [Actor.user(.n(2)), .nobody, .operator, .stripe] {
            var desk = UsersDesk.of(.sample(1), .sample(2, role: .admin), sessions: [.sample(10)])
            #expect(desk.decide(Sample.head(9, by: actor), command, now: Sample.now).refusal != nil)
            #expect(desk.isUnchanged)
        }
        var desk = UsersDesk.of(.sample(1), sessions: [.sample(10)])
        #expect(desk.decide(me, command, now: Sample.now).isDone)
        #expect(!desk.isUnchanged)
    }

    @Test func whoIsBannedMayChangeNothing() {
        for command in Self.all.prefix(2) {
            var desk = UsersDesk.of(.sample(1, status: .banned), sessions: [.sample(10)])
            #expect(desk.decide(me, command, now: Sample.now).refusal?.code == .banned)
            #expect(desk.isUnchanged)
        }
    }

    // MARK: The address

    @Test func aChangedAddressRaisesTheVersionAndTellsIt() {
        var desk = UsersDesk.of(.sample(1, version: 4))
        let decision = desk.decide(me, email("new", seen: 4), now: Sample.now + .seconds(1))
        #expect(decision.reply(as: UserRepresentation.self)?.email == "new@example.com")
        #expect(decision.events.map(\.type) == [.userUpdated] && decision.events.map(\.version) == [5])
        #expect(desk.users[.n(1)]?.version == 5 && desk.users[.n(1)]?.updatedAt == Sample.now + .seconds(1))
        #expect(desk.changedUsers == [.n(1)] && desk.endings.isEmpty)
    }

    @Test func anAddressInUseIsRefused() {
        var desk = UsersDesk.of(.sample(1), .sample(2, email: "taken"))
        let decision = desk.decide(me, email("taken"), now: Sample.now)
        #expect(decision.refusal?.code == .emailTaken && decision.refusal?.field == "email")
        #expect(desk.isUnchanged)
    }

    /// The form that is sent twice, too, though its version is the older one.
    @Test func theSameAddressChangesNothing() {
        var desk = UsersDesk.of(.sample(1, email: "same", version: 2))
        let decision = desk.decide(me, email("same", seen: 1), now: Sample.now)
        #expect(decision.isDone && decision.events.isEmpty)
        #expect(desk.isUnchanged)
    }

    @Test func whatWasCheckedAgainstAnOlderVersionIsRefused() {
        for command in [email("new", seen: 2), password(seen: 2)] {
            var desk = UsersDesk.of(.sample(1, version: 3), sessions: [.sample(10)])
            #expect(desk.decide(me, command, now: Sample.now).refusal?.code == .conflict)
            #expect(desk.isUnchanged)
        }
    }

    @Test func twoMayChangeAddressesInOneBatch() {
        var desk = UsersDesk.of(.sample(1, email: "a"), .sample(2, email: "b"))
        func change(_ user: UInt64, _ name: String) -> Decision {
            let command = ChangeEmail(userId: .n(user), email: .sample(name))
            return desk.decide(Sample.head(9, by: .user(.n(user))), .changeEmail(command), now: Sample.now)
        }
        #expect(change(1, "b").refusal?.code == .emailTaken)
        #expect(change(1, "c").isDone && change(2, "a").isDone && change(1, "b").isDone)
        #expect(change(2, "b").refusal?.code == .emailTaken)
        #expect(desk.users[.n(1)]?.email == .sample("b") && desk.users[.n(2)]?.email == .sample("a"))
    }

    @Test func anAddressThatWasGivenUpIsFree() {
        var desk = UsersDesk.of(.sample(1, email: "old"))
        _ = desk.decide(me, email("new"), now: Sample.now)
        let command = SignUp(email: .sample("old"), passwordHash: "x", session: .sample(20, token: 2))
        #expect(desk.decide(Sample.head(5, by: .nobody), .signUp(command), now: Sample.now).isDone)
    }

    // MARK: The password

    @Test func aChangedPasswordEndsEverySessionButThisOne() {
        var desk = UsersDesk.of(
            .sample(1), sessions: [.sample(10), .sample(11), .sample(20, of: 2)], tokens: [.sample(1, of: 11)])
        let decision = desk.decide(me, password(seen: 1), now: Sample.now)
        let end = Session.End(at: Sample.now, reason: .passwordChanged)
        #expect(decision.isDone && decision.events.map(\.version) == [2])
        #expect(desk.users[.n(1)]?.passwordHash == "new" && desk.changedUsers == [.n(1)])
        #expect(desk.sessions[.n(11)]?.ended == end && desk.changedSessions == [.n(11)])
        #expect(desk.endings == [.n(1): end])
    }

    /// Its access token outlives it by some minutes.
    @Test(arguments: [
        Session.sample(10, ended: Session.End(at: Sample.now, reason: .signedOut)),
        .sample(10, expiresAt: Sample.now), .sample(10, of: 2), .sample(77),
    ])
    func aSessionThatIsOverOrAnothersChangesNoPasswordAndEndsNoOther(session: Session) {
        let end = UsersCommand.endOtherSessions(EndOtherSessions(userId: .n(1), keep: .n(10)))
        for command in [password(), end] {
            var desk = UsersDesk.of(.sample(1), .sample(2), sessions: [session, .sample(11)])
            #expect(desk.decide(me, command, now: Sample.now).refusal?.code == .signedOut)
            #expect(desk.isUnchanged)
        }
    }

    @Test func aSignInWithThePasswordOfBeforeBeginsNoSession() {
        var desk = UsersDesk.of(.sample(1, version: 2))
        let old = StartSession(userId: .n(1), session: .sample(10, token: 1), userVersion: 1)
        let decision = desk.decide(Sample.head(9, by: .nobody), .startSession(old), now: Sample.now)
        #expect(decision.refusal?.code == .wrongCredentials && desk.isUnchanged)
        let new = StartSession(userId: .n(1), session: .sample(10, token: 1), userVersion: 2)
        #expect(desk.decide(Sample.head(9, by: .nobody), .startSession(new), now: Sample.now).isDone)
    }

    // MARK: Sessions

    @Test func oneOfOnesOwnIsEndedOnce() {
        var desk = UsersDesk.of(.sample(1), sessions: [.sample(10), .sample(11)])
        let command = UsersCommand.endOwnSession(EndOwnSession(userId: .n(1), sessionId: .n(11)))
        #expect(desk.decide(me, command, now: Sample.now).isSilent)
        let end = Session.End(at: Sample.now, reason: .signedOut)
        #expect(desk.sessions[.n(11)]?.ended == end && desk.changedSessions == [.n(11)] && desk.endings.isEmpty)
        #expect(desk.decide(me, command, now: Sample.now + .seconds(5)).isSilent)
        #expect(desk.sessions[.n(11)]?.ended == end)
    }

    @Test func anothersIsNotFound() {
        for session in [Session.sample(11, of: 2), .sample(12)] {
            var desk = UsersDesk.of(.sample(1), .sample(2), sessions: [session])
            let command = UsersCommand.endOwnSession(EndOwnSession(userId: .n(1), sessionId: .n(11)))
            #expect(desk.decide(me, command, now: Sample.now).refusal?.code == .notFound)
            #expect(desk.isUnchanged)
        }
    }

    @Test func theOthersEndAndThisOneLives() {
        var desk = UsersDesk.of(.sample(1), sessions: [.sample(10), .sample(11)])
        let command = UsersCommand.endOtherSessions(EndOtherSessions(userId: .n(1), keep: .n(10)))
        #expect(desk.decide(me, command, now: Sample.now).isSilent)
        #expect(desk.changedSessions == [.n(11)] && desk.sessions[.n(10)]?.ended == nil)
        #expect(desk.endings == [.n(1): Session.End(at: Sample.now, reason: .signedOut)])
    }
}
