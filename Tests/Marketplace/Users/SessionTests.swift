import Testing

@testable import Marketplace

@Suite struct SessionTests {
    private func decider(
        user: User = .sample(1), session: Session = .sample(10), rotatedAt: Timestamp? = nil
    ) -> UsersDecider {
        .of(user, sessions: [session], tokens: [.sample(1, of: 10, rotatedAt: rotatedAt)])
    }

    private func rotate(
        _ decider: inout UsersDecider, _ presented: UInt8 = 1, to next: UInt8 = 2, at now: Timestamp = Fixture.now
    ) -> Decision {
        let command = RotateSession(presented: .n(presented), next: .n(next))
        return decider.decide(Fixture.head(99, by: .nobody), .rotateSession(command), now: now)
    }

    // MARK: Start

    @Test func startCreatesASession() throws {
        var decider = UsersDecider.of(.sample(1))
        let command = StartSession(userId: .n(1), session: .sample(10, token: 1))
        let decision = decider.decide(Fixture.head(2, by: .nobody), .startSession(command), now: Fixture.now)
        let reply = try #require(decision.reply(as: SessionStarted.self))
        #expect(reply.user.id == .n(1) && reply.sessionId == .n(10) && reply.tokenHash == .n(1))
        #expect(
            decider.insertedSessions == [.n(10)] && decider.insertedTokens == [.n(1)] && decider.updatedUsers.isEmpty)
        #expect(decider.sessions[.n(10)]?.expiresAt == Fixture.now + .seconds(14 * 86_400))
        #expect(decision.events.isEmpty)
    }

    @Test(arguments: [(nil, .notFound), (.banned, .banned)] as [(UserState.Status?, Refusal.Code)])
    func startIsRefusedForUnknownAndBannedUsers(status: UserState.Status?, code: Refusal.Code) {
        var decider = status.map { UsersDecider.of(.sample(1, status: $0)) } ?? .of()
        let command = StartSession(userId: .n(1), session: .sample(10, token: 1))
        let decision = decider.decide(Fixture.head(2, by: .nobody), .startSession(command), now: Fixture.now)
        #expect(decision.refusal?.code == code)
        #expect(decider.isUnchanged)
    }

    @Test(arguments: [(10, 5), (11, 1)] as [(UInt64, UInt8)])
    func startIsRefusedForUsedIdsAndTokens(session: UInt64, token: UInt8) {
        var decider = decider()
        let command = StartSession(userId: .n(1), session: .sample(session, token: token))
        let decision = decider.decide(Fixture.head(2, by: .nobody), .startSession(command), now: Fixture.now)
        #expect(decision.refusal?.code == .conflict)
        #expect(decider.isUnchanged)
    }

    // MARK: Rotate

    @Test func rotationReplacesTheTokenAndRenewsTheSession() throws {
        var decider = decider()
        let now = Fixture.now + .seconds(60)
        let reply = try #require(rotate(&decider, at: now).reply(as: SessionRotation.self))
        #expect(reply.outcome == .rotated && reply.sessionId == .n(10) && reply.user.id == .n(1))
        #expect(decider.tokens[.n(1)]?.rotatedAt == now)
        #expect(decider.tokens[.n(2)] == RefreshToken(hash: .n(2), sessionId: .n(10), issuedAt: now, rotatedAt: nil))
        #expect(decider.sessions[.n(10)]?.usedAt == now)
        #expect(decider.sessions[.n(10)]?.expiresAt == now + .seconds(14 * 86_400))
        #expect(
            decider.rotatedTokens == [.n(1)] && decider.insertedTokens == [.n(2)] && decider.updatedSessions == [.n(10)]
        )
    }

    @Test func exactlyOneOf50RotationsSucceeds() throws {
        var decider = decider()
        let replies = (2...51).map { rotate(&decider, 1, to: $0).reply(as: SessionRotation.self)?.outcome }
        #expect(replies.count { $0 == .rotated } == 1)
        #expect(replies.count { $0 == .alreadyRotated } == 49)
        #expect(decider.insertedTokens == [.n(2)] && decider.sessions[.n(10)]?.ended == nil)
    }

    @Test(arguments: [(0, true), (9_999, true), (-500, true), (10_000, false), (3_599_999, false)] as [(Int64, Bool)])
    func tokensReusedAfterTheGracePeriodEndTheSession(milliseconds: Int64, isEcho: Bool) {
        var decider = decider(rotatedAt: Fixture.now)
        let decision = rotate(&decider, at: Fixture.now + .milliseconds(milliseconds))
        if isEcho {
            #expect(decision.reply(as: SessionRotation.self)?.outcome == .alreadyRotated)
            #expect(decider.isUnchanged)
        } else {
            #expect(decision.refusal?.code == .signedOut)
            #expect(decider.sessions[.n(10)]?.ended?.reason == .tokenReused)
            #expect(
                decider.updatedSessions == [.n(10)] && decider.insertedTokens.isEmpty && decider.rotatedTokens.isEmpty)
        }
    }

    @Test func reuseInvalidatesTheNewestToken() {
        var decider = UsersDecider.of(
            .sample(1), sessions: [.sample(10)],
            tokens: [.sample(1, of: 10, rotatedAt: Fixture.now - .seconds(11)), .sample(2, of: 10)])
        #expect(rotate(&decider, 1, to: 3).refusal?.code == .signedOut)
        #expect(rotate(&decider, 2, to: 4).refusal?.code == .signedOut)
        #expect(decider.insertedTokens.isEmpty)
    }

    @Test func unknownTokensAreSignedOut() {
        var decider = decider()
        #expect(rotate(&decider, 7).refusal?.code == .signedOut)
        #expect(decider.isUnchanged)
    }

    @Test(arguments: [
        Session.sample(10, ended: Session.End(at: Fixture.now, reason: .signedOut)),
        Session.sample(10, expiresAt: Fixture.now), Session.sample(10, expiresAt: Fixture.now - .seconds(1)),
    ])
    func endedSessionsCannotRotate(session: Session) {
        var decider = decider(session: session)
        #expect(rotate(&decider).refusal?.code == .signedOut)
        #expect(decider.isUnchanged)
    }

    @Test func sessionsAreActiveUntilTheyExpire() {
        var decider = decider(session: .sample(10, expiresAt: Fixture.now + .milliseconds(1)))
        #expect(rotate(&decider).isDone)
    }

    @Test func bannedUsersCannotRotate() {
        var decider = decider(user: .sample(1, status: .banned))
        #expect(rotate(&decider).refusal?.code == .banned)
        #expect(decider.isUnchanged)
    }

    @Test func usedNextTokensAreRefused() {
        var decider = decider()
        #expect(rotate(&decider, 1, to: 1).refusal?.code == .conflict)
        #expect(decider.isUnchanged)
    }

    @Test func startAndRotationInOneBatchInsertOnly() {
        var decider = UsersDecider.of(.sample(1))
        let command = StartSession(userId: .n(1), session: .sample(10, token: 1))
        _ = decider.decide(Fixture.head(2, by: .nobody), .startSession(command), now: Fixture.now)
        #expect(rotate(&decider, 1, to: 2).isDone)
        #expect(decider.insertedTokens == [.n(1), .n(2)] && decider.rotatedTokens.isEmpty)
        #expect(decider.insertedSessions == [.n(10)] && decider.updatedSessions.isEmpty)
        #expect(decider.tokens[.n(1)]?.rotatedAt == Fixture.now)
    }

    // MARK: End

    @Test func endingByTokenEndsTheSession() {
        var decider = decider()
        let end = UsersCommand.endSession(EndSession(presented: .n(1)))
        #expect(decider.decide(Fixture.head(3, by: .nobody), end, now: Fixture.now).isSilent)
        #expect(decider.sessions[.n(10)]?.ended == Session.End(at: Fixture.now, reason: .signedOut))
        #expect(decider.updatedSessions == [.n(10)])
        #expect(rotate(&decider).refusal?.code == .signedOut)
    }

    @Test func endingAnEndedSessionChangesNothing() {
        let ended = Session.End(at: Fixture.now - .seconds(5), reason: .banned)
        var decider = decider(session: .sample(10, ended: ended))
        let end = UsersCommand.endSession(EndSession(presented: .n(1)))
        #expect(decider.decide(Fixture.head(3, by: .nobody), end, now: Fixture.now).isSilent)
        #expect(decider.sessions[.n(10)]?.ended == ended && decider.isUnchanged)
    }

    @Test func endingByAnUnknownTokenChangesNothing() {
        var decider = decider()
        let end = UsersCommand.endSession(EndSession(presented: .n(7)))
        #expect(decider.decide(Fixture.head(3, by: .nobody), end, now: Fixture.now).isSilent)
        #expect(decider.isUnchanged)
    }

    @Test func endingAnUnloadedSessionChangesNothing() {
        var decider = UsersDecider.of(.sample(1), tokens: [.sample(1, of: 10)])
        let end = UsersCommand.endSession(EndSession(presented: .n(1)))
        #expect(decider.decide(Fixture.head(3, by: .nobody), end, now: Fixture.now).isSilent)
        #expect(decider.isUnchanged)
    }
}
