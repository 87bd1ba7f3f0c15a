import Testing

@testable import Marketplace

@Suite struct AdministrationTests {
    private static let changes: [UsersCommand] = [
        .banUser(BanUser(userId: .n(1), reason: "fraud")), .unbanUser(UnbanUser(userId: .n(1))),
        .changeRole(ChangeRole(userId: .n(1), role: .admin)),
    ]

    // MARK: Who may

    @Test(arguments: changes)
    func theOperatorAndAdminsMay(change: UsersCommand) {
        for actor in [Actor.operator, .user(.n(2))] {
            var desk = UsersDesk.of(.sample(1), .sample(2, role: .admin))
            #expect(desk.decide(Sample.head(9, by: actor), change, now: Sample.now).isDone)
        }
    }

    @Test(arguments: changes)
    func membersBannedAdminsStrangersAndStripeMayNot(change: UsersCommand) {
        for actor in [Actor.user(.n(3)), .user(.n(4)), .user(.n(77)), .nobody, .stripe] {
            var desk = UsersDesk.of(.sample(1), .sample(3), .sample(4, role: .admin, status: .banned))
            let decision = desk.decide(Sample.head(9, by: actor), change, now: Sample.now)
            #expect(decision.refusal?.code == .forbidden)
            #expect(desk.isUnchanged)
        }
    }

    @Test(arguments: changes)
    func adminsCantChangeThemselves(change: UsersCommand) {
        var desk = UsersDesk.of(.sample(1, role: .admin))
        let decision = desk.decide(Sample.head(9, by: .user(.n(1))), change, now: Sample.now)
        #expect(decision.refusal?.code == .conflict)
        #expect(desk.isUnchanged)
    }

    @Test(arguments: changes)
    func whoIsUnknownIsNotFound(change: UsersCommand) {
        var desk = UsersDesk.of()
        #expect(desk.decide(Sample.head(9, by: .operator), change, now: Sample.now).refusal?.code == .notFound)
        #expect(desk.isUnchanged)
    }

    @Test func anAdminMadeInTheBatchMayActInIt() {
        var desk = UsersDesk.of(.sample(1), .sample(2))
        let promote = UsersCommand.changeRole(ChangeRole(userId: .n(2), role: .admin))
        _ = desk.decide(Sample.head(8, by: .operator), promote, now: Sample.now)
        #expect(desk.decide(Sample.head(9, by: .user(.n(2))), Self.changes[0], now: Sample.now).isDone)
    }

    // MARK: What it does

    @Test func aBanRaisesTheVersionTellsItAndEndsEverySession() throws {
        var desk = UsersDesk.of(.sample(1, version: 4), sessions: [.sample(10), .sample(20, of: 2)])
        let decision = desk.decide(Sample.head(9, by: .operator), Self.changes[0], now: Sample.now + .seconds(1))
        let user = try #require(desk.users[.n(1)])
        #expect(user.status == .banned && user.banReason == "fraud" && user.version == 5)
        #expect(user.updatedAt == Sample.now + .seconds(1))
        #expect(decision.reply(as: UserState.self) == user.state)
        #expect(decision.events.map(\.type) == [.userUpdated] && decision.events.map(\.version) == [5])
        #expect(desk.changedUsers == [.n(1)])
        #expect(desk.endings == [.n(1): Session.End(at: Sample.now + .seconds(1), reason: .banned)])
        #expect(desk.sessions[.n(10)]?.ended?.reason == .banned)
        #expect(desk.sessions[.n(20)]?.ended == nil && desk.changedSessions == [.n(10)])
    }

    @Test func aSecondBanKeepsTheReasonOfTheFirstAndTellsNobody() {
        var desk = UsersDesk.of(.sample(1, status: .banned, version: 2))
        let again = UsersCommand.banUser(BanUser(userId: .n(1), reason: "other"))
        let decision = desk.decide(Sample.head(9, by: .operator), again, now: Sample.now)
        #expect(decision.isDone && decision.events.isEmpty)
        #expect(desk.users[.n(1)]?.banReason == "fraud" && desk.users[.n(1)]?.version == 2)
        #expect(desk.isUnchanged)
    }

    @Test func liftingABanRaisesTheVersionAndRevivesNoSession() {
        let ended = Session.End(at: Sample.now - .seconds(9), reason: .banned)
        var desk = UsersDesk.of(.sample(1, status: .banned, version: 2), sessions: [.sample(10, ended: ended)])
        let decision = desk.decide(Sample.head(9, by: .operator), Self.changes[1], now: Sample.now)
        #expect(desk.users[.n(1)]?.status == .active && desk.users[.n(1)]?.banReason == nil)
        #expect(desk.users[.n(1)]?.version == 3)
        #expect(decision.events.map(\.type) == [.userUpdated])
        #expect(desk.sessions[.n(10)]?.ended == ended && desk.changedSessions.isEmpty)
    }

    @Test func aChangeThatChangesNothingRaisesNoVersion() {
        for change in [Self.changes[1], .changeRole(ChangeRole(userId: .n(1), role: .member))] {
            var desk = UsersDesk.of(.sample(1))
            let decision = desk.decide(Sample.head(9, by: .operator), change, now: Sample.now + .seconds(1))
            #expect(decision.isDone && decision.events.isEmpty)
            #expect(desk.users[.n(1)]?.version == 1 && desk.users[.n(1)]?.updatedAt == Sample.now)
            #expect(desk.isUnchanged)
        }
    }

    @Test func aRoleIsGivenAndTakenAway() {
        var desk = UsersDesk.of(.sample(1))
        for (role, version) in [(UserState.Role.admin, Int64(2)), (.member, 3)] {
            let change = UsersCommand.changeRole(ChangeRole(userId: .n(1), role: role))
            let decision = desk.decide(Sample.head(9, by: .operator), change, now: Sample.now)
            #expect(decision.reply(as: UserState.self)?.role == role)
            #expect(decision.events.map(\.version) == [version])
        }
    }

    @Test func whoSignsUpAndIsBannedInOneBatchIsOnlyInserted() {
        var desk = UsersDesk.of()
        let command = SignUp(email: .sample("fan"), passwordHash: "x", session: .sample(10, token: 1))
        _ = desk.decide(Sample.head(1, by: .nobody), .signUp(command), now: Sample.now)
        let decision = desk.decide(Sample.head(9, by: .operator), Self.changes[0], now: Sample.now)
        #expect(decision.events.map(\.version) == [2])
        #expect(desk.newUsers == [.n(1)] && desk.changedUsers.isEmpty)
        #expect(desk.newSessions == [.n(10)] && desk.changedSessions.isEmpty)
        #expect(desk.sessions[.n(10)]?.ended?.reason == .banned)
    }

    @Test func aSessionBegunAfterABanWasLiftedInTheSameBatchLives() {
        var desk = UsersDesk.of(.sample(1))
        let start = UsersCommand.startSession(StartSession(userId: .n(1), session: .sample(10, token: 1)))
        for change in [Self.changes[0], Self.changes[1], start] {
            #expect(desk.decide(Sample.head(9, by: .operator), change, now: Sample.now).isDone)
        }
        #expect(desk.newSessions == [.n(10)] && desk.sessions[.n(10)]?.ended == nil)
    }
}
