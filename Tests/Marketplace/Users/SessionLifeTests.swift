import Testing

@testable import Marketplace

/// Sessions that no user ends. They end a fixed time after the sign-in, or a fixed time after the last use.
@Suite struct SessionLifeTests {
    private static let day = Duration.seconds(86_400)

    /// Starts a session, and renews it in steps until it is refused. Returns the time since the sign-in.
    private func end(role: UserState.Role, renewedEvery step: Duration, limit: Int = 10_000) -> Duration? {
        var decider = UsersDecider.of(.sample(1, role: role))
        let start = StartSession(userId: .n(1), session: .sample(10, token: 0))
        _ = decider.decide(Fixture.head(2, by: .nobody), .startSession(start), now: Fixture.now)
        var (token, now) = (UInt8(0), Fixture.now)
        for _ in 0..<limit {
            now = now + step
            let rotation = RotateSession(presented: .n(token), next: .n(token &+ 1))
            let decision = decider.decide(Fixture.head(3, by: .nobody), .rotateSession(rotation), now: now)
            guard decision.reply(as: SessionRotation.self)?.outcome == .rotated else {
                #expect(decision.refusal?.code == .signedOut)
                return now - Fixture.now
            }
            token &+= 1
        }
        return nil
    }

    @Test func aSessionInDailyUseEndsAfter30Days() {
        #expect(end(role: .member, renewedEvery: Self.day) == Self.day * 30)
    }

    @Test func aSessionWithoutUseEndsAfter14Days() {
        #expect(end(role: .member, renewedEvery: Self.day * 13) == Self.day * 39)
        #expect(end(role: .member, renewedEvery: Self.day * 14) == Self.day * 14)
    }

    @Test(arguments: [UserState.Role.admin, UserState.Role(rawValue: "unknown")])
    func anAdminSessionEndsAfter12HoursOrAnHourWithoutUse(role: UserState.Role) {
        #expect(end(role: role, renewedEvery: .seconds(900)) == .seconds(12 * 3_600))
        #expect(end(role: role, renewedEvery: .seconds(3_600)) == .seconds(3_600))
    }

    /// Version 0.9 has stored a later end.
    @Test func theStoredEndDoesNotExtendASession() {
        let session = Session.sample(10, usedAt: Fixture.now - Self.day * 14, expiresAt: Fixture.now + Self.day)
        var decider = UsersDecider.of(.sample(1), sessions: [session], tokens: [.sample(1, of: 10)])
        let rotation = UsersCommand.rotateSession(RotateSession(presented: .n(1), next: .n(2)))
        #expect(decider.decide(Fixture.head(3, by: .nobody), rotation, now: Fixture.now).refusal?.code == .signedOut)
        #expect(decider.isUnchanged)
    }

    /// The shorter limits apply to a user who has become an admin since the sign-in.
    @Test func aNewAdminHasASessionOfAnAdmin() {
        let session = Session.sample(10, usedAt: Fixture.now - .seconds(3_600), expiresAt: Fixture.now + Self.day)
        for (role, isActive) in [(UserState.Role.member, true), (.admin, false)] {
            var decider = UsersDecider.of(.sample(1, role: role), sessions: [session], tokens: [.sample(1, of: 10)])
            let end = UsersCommand.endOtherSessions(EndOtherSessions(userId: .n(1), keep: .n(10)))
            let decision = decider.decide(Fixture.head(3, by: .user(.n(1))), end, now: Fixture.now)
            #expect((decision.refusal == nil) == isActive)
        }
    }
}
