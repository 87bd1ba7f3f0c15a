import Testing

@testable import Marketplace

@Suite struct AdministrationTests {
    private static let changes: [UsersCommand] = [
        .banUser(BanUser(userId: .n(1), reason: "fraud")), .unbanUser(UnbanUser(userId: .n(1))),
        .changeRole(ChangeRole(userId: .n(1), role: .admin)),
    ]

    // MARK: Permissions

    @Test(arguments: changes)
    func theOperatorMayAdministerEveryone(change: UsersCommand) {
        for role in [UserState.Role.member, .admin] {
            var decider = UsersDecider.of(.sample(1, role: role))
            #expect(decider.decide(Fixture.head(9, by: .operator), change, now: Fixture.now).isDone)
        }
    }

    @Test(arguments: changes)
    func adminsMayBanAndUnbanMembersOnly(change: UsersCommand) {
        let isBan = if case .changeRole = change { false } else { true }
        for (role, isAllowed) in [(UserState.Role.member, isBan), (.admin, false), (.init(rawValue: "new"), false)] {
            var decider = UsersDecider.of(.sample(1, role: role), .sample(2, role: .admin))
            let decision = decider.decide(Fixture.head(9, by: .user(.n(2))), change, now: Fixture.now)
            #expect(decision.isDone == isAllowed)
            if !isAllowed { #expect(decision.refusal?.code == .forbidden && decider.isUnchanged) }
        }
    }

    @Test(arguments: changes)
    func otherActorsMayNotAdminister(change: UsersCommand) {
        for actor in [Actor.user(.n(3)), .user(.n(4)), .user(.n(77)), .nobody, .stripe] {
            var decider = UsersDecider.of(.sample(1), .sample(3), .sample(4, role: .admin, status: .banned))
            let decision = decider.decide(Fixture.head(9, by: actor), change, now: Fixture.now)
            #expect(decision.refusal?.code == .forbidden)
            #expect(decider.isUnchanged)
        }
    }

    @Test(arguments: changes)
    func adminsCannotChangeThemselves(change: UsersCommand) {
        var decider = UsersDecider.of(.sample(1, role: .admin))
        let decision = decider.decide(Fixture.head(9, by: .user(.n(1))), change, now: Fixture.now)
        #expect(decision.refusal?.code == .conflict)
        #expect(decider.isUnchanged)
    }

    @Test(arguments: changes)
    func unknownUsersAreNotFound(change: UsersCommand) {
        var decider = UsersDecider.of()
        #expect(decider.decide(Fixture.head(9, by: .operator), change, now: Fixture.now).refusal?.code == .notFound)
        #expect(decider.isUnchanged)
    }

    @Test func newAdminsMayActInTheSameBatch() {
        var decider = UsersDecider.of(.sample(1), .sample(2))
        let promote = UsersCommand.changeRole(ChangeRole(userId: .n(2), role: .admin))
        _ = decider.decide(Fixture.head(8, by: .operator), promote, now: Fixture.now)
        #expect(decider.decide(Fixture.head(9, by: .user(.n(2))), Self.changes[0], now: Fixture.now).isDone)
    }

    // MARK: Effects

    @Test func aBanRaisesTheVersionAndEndsEverySession() throws {
        var decider = UsersDecider.of(.sample(1, version: 4), sessions: [.sample(10), .sample(20, of: 2)])
        let decision = decider.decide(Fixture.head(9, by: .operator), Self.changes[0], now: Fixture.now + .seconds(1))
        let user = try #require(decider.users[.n(1)])
        #expect(user.status == .banned && user.banReason == "fraud" && user.version == 5)
        #expect(user.updatedAt == Fixture.now + .seconds(1))
        #expect(decision.reply(as: UserState.self) == user.state)
        #expect(decision.events.map(\.type) == [.userUpdated] && decision.events.map(\.version) == [5])
        #expect(decider.updatedUsers == [.n(1)])
        #expect(decider.endings == [.n(1): Session.End(at: Fixture.now + .seconds(1), reason: .banned)])
        #expect(decider.sessions[.n(10)]?.ended?.reason == .banned)
        #expect(decider.sessions[.n(20)]?.ended == nil && decider.updatedSessions == [.n(10)])
    }

    @Test func aSecondBanChangesNothing() {
        var decider = UsersDecider.of(.sample(1, status: .banned, version: 2))
        let again = UsersCommand.banUser(BanUser(userId: .n(1), reason: "other"))
        let decision = decider.decide(Fixture.head(9, by: .operator), again, now: Fixture.now)
        #expect(decision.isDone && decision.events.isEmpty)
        #expect(decider.users[.n(1)]?.banReason == "fraud" && decider.users[.n(1)]?.version == 2)
        #expect(decider.isUnchanged)
    }

    @Test func unbanningRaisesTheVersionAndRevivesNoSession() {
        let ended = Session.End(at: Fixture.now - .seconds(9), reason: .banned)
        var decider = UsersDecider.of(.sample(1, status: .banned, version: 2), sessions: [.sample(10, ended: ended)])
        let decision = decider.decide(Fixture.head(9, by: .operator), Self.changes[1], now: Fixture.now)
        #expect(decider.users[.n(1)]?.status == .active && decider.users[.n(1)]?.banReason == nil)
        #expect(decider.users[.n(1)]?.version == 3)
        #expect(decision.events.map(\.type) == [.userUpdated])
        #expect(decider.sessions[.n(10)]?.ended == ended && decider.updatedSessions.isEmpty)
    }

    @Test func changesWithoutEffectRaiseNoVersion() {
        for change in [Self.changes[1], .changeRole(ChangeRole(userId: .n(1), role: .member))] {
            var decider = UsersDecider.of(.sample(1))
            let decision = decider.decide(Fixture.head(9, by: .operator), change, now: Fixture.now + .seconds(1))
            #expect(decision.isDone && decision.events.isEmpty)
            #expect(decider.users[.n(1)]?.version == 1 && decider.users[.n(1)]?.updatedAt == Fixture.now)
            #expect(decider.isUnchanged)
        }
    }

    @Test func rolesAreGrantedAndRevoked() {
        var decider = UsersDecider.of(.sample(1))
        for (role, version) in [(UserState.Role.admin, Int64(2)), (.member, 3)] {
            let change = UsersCommand.changeRole(ChangeRole(userId: .n(1), role: role))
            let decision = decider.decide(Fixture.head(9, by: .operator), change, now: Fixture.now)
            #expect(decision.reply(as: UserState.self)?.role == role)
            #expect(decision.events.map(\.version) == [version])
        }
    }

    @Test func signUpAndBanInOneBatchInsertOnly() {
        var decider = UsersDecider.of()
        let command = SignUp(email: .sample("fan"), passwordHash: "x", session: .sample(10, token: 1))
        _ = decider.decide(Fixture.head(1, by: .nobody), .signUp(command), now: Fixture.now)
        let decision = decider.decide(Fixture.head(9, by: .operator), Self.changes[0], now: Fixture.now)
        #expect(decision.events.map(\.version) == [2])
        #expect(decider.insertedUsers == [.n(1)] && decider.updatedUsers.isEmpty)
        #expect(decider.insertedSessions == [.n(10)] && decider.updatedSessions.isEmpty)
        #expect(decider.sessions[.n(10)]?.ended?.reason == .banned)
    }

    @Test func sessionsStartedAfterUnbanningInTheSameBatchStayActive() {
        var decider = UsersDecider.of(.sample(1))
        let start = UsersCommand.startSession(StartSession(userId: .n(1), session: .sample(10, token: 1)))
        for change in [Self.changes[0], Self.changes[1], start] {
            #expect(decider.decide(Fixture.head(9, by: .operator), change, now: Fixture.now).isDone)
        }
        #expect(decider.insertedSessions == [.n(10)] && decider.sessions[.n(10)]?.ended == nil)
    }
}
