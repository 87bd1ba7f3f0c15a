import Testing

@testable import Marketplace

@Suite struct SessionTests {
    private func desk(
        user: User = .sample(1), session: Session = .sample(10), rotatedAt: Timestamp? = nil
    ) -> UsersDesk {
        .of(user, sessions: [session], tokens: [.sample(1, of: 10, rotatedAt: rotatedAt)])
    }

    private func rotate(
        _ desk: inout UsersDesk, _ presented: UInt8 = 1, to next: UInt8 = 2, at now: Timestamp = Sample.now
    ) -> Decision {
        let command = RotateSession(presented: .n(presented), next: .n(next))
        return desk.decide(Sample.head(99, by: .nobody), .rotateSession(command), now: now)
    }

    // MARK: Start

    @Test func startBeginsASessionForWhoIsKnown() throws {
        var desk = UsersDesk.of(.sample(1))
        let command = StartSession(userId: .n(1), session: .sample(10, token: 1))
        let decision = desk.decide(Sample.head(2, by: .nobody), .startSession(command), now: Sample.now)
        let reply = try #require(decision.reply(as: SessionStarted.self))
        #expect(reply.user.id == .n(1) && reply.sessionId == .n(10) && reply.tokenHash == .n(1))
        #expect(desk.newSessions == [.n(10)] && desk.newTokens == [.n(1)] && desk.changedUsers.isEmpty)
        #expect(desk.sessions[.n(10)]?.expiresAt == Sample.now + .seconds(30 * 86_400))
        #expect(decision.events.isEmpty)
    }

    @Test(arguments: [(nil, .notFound), (.banned, .banned)] as [(UserState.Status?, Refusal.Code)])
    func startIsRefusedForWhoIsUnknownOrBanned(status: UserState.Status?, code: Refusal.Code) {
        var desk = status.map { UsersDesk.of(.sample(1, status: $0)) } ?? .of()
        let command = StartSession(userId: .n(1), session: .sample(10, token: 1))
        let decision = desk.decide(Sample.head(2, by: .nobody), .startSession(command), now: Sample.now)
        #expect(decision.refusal?.code == code)
        #expect(desk.isUnchanged)
    }

    @Test(arguments: [(10, 5), (11, 1)] as [(UInt64, UInt8)])
    func startIsRefusedWhereTheSessionOrTheTokenIsThere(session: UInt64, token: UInt8) {
        var desk = desk()
        let command = StartSession(userId: .n(1), session: .sample(session, token: token))
        let decision = desk.decide(Sample.head(2, by: .nobody), .startSession(command), now: Sample.now)
        #expect(decision.refusal?.code == .conflict)
        #expect(desk.isUnchanged)
    }

    // MARK: Rotate

    @Test func rotateChangesTheTokenAndRenewsTheSession() throws {
        var desk = desk()
        let now = Sample.now + .seconds(60)
        let reply = try #require(rotate(&desk, at: now).reply(as: SessionRotation.self))
        #expect(reply.outcome == .rotated && reply.sessionId == .n(10) && reply.user.id == .n(1))
        #expect(desk.tokens[.n(1)]?.rotatedAt == now)
        #expect(desk.tokens[.n(2)] == RefreshToken(hash: .n(2), sessionId: .n(10), issuedAt: now, rotatedAt: nil))
        #expect(desk.sessions[.n(10)]?.usedAt == now)
        #expect(desk.sessions[.n(10)]?.expiresAt == now + .seconds(30 * 86_400))
        #expect(desk.rotatedTokens == [.n(1)] && desk.newTokens == [.n(2)] && desk.changedSessions == [.n(10)])
    }

    @Test func of50AtOnceExactlyOneRotatesAndNobodyIsSignedOut() throws {
        var desk = desk()
        let replies = (2...51).map { rotate(&desk, 1, to: $0).reply(as: SessionRotation.self)?.outcome }
        #expect(replies.count { $0 == .rotated } == 1)
        #expect(replies.count { $0 == .alreadyRotated } == 49)
        #expect(desk.newTokens == [.n(2)] && desk.sessions[.n(10)]?.ended == nil)
    }

    @Test(arguments: [(0, true), (9_999, true), (-500, true), (10_000, false), (3_599_999, false)] as [(Int64, Bool)])
    func aTokenShownAgainWithin10SecondsIsAnEchoLaterItEndsTheSession(milliseconds: Int64, isEcho: Bool) {
        var desk = desk(rotatedAt: Sample.now)
        let decision = rotate(&desk, at: Sample.now + .milliseconds(milliseconds))
        if isEcho {
            #expect(decision.reply(as: SessionRotation.self)?.outcome == .alreadyRotated)
            #expect(desk.isUnchanged)
        } else {
            #expect(decision.refusal?.code == .signedOut)
            #expect(desk.sessions[.n(10)]?.ended?.reason == .tokenReused)
            #expect(desk.changedSessions == [.n(10)] && desk.newTokens.isEmpty && desk.rotatedTokens.isEmpty)
        }
    }

    @Test func afterAReuseTheYoungestTokenOfTheFamilyIsWorthNothing() {
        var desk = UsersDesk.of(
            .sample(1), sessions: [.sample(10)],
            tokens: [.sample(1, of: 10, rotatedAt: Sample.now - .seconds(11)), .sample(2, of: 10)])
        #expect(rotate(&desk, 1, to: 3).refusal?.code == .signedOut)
        #expect(rotate(&desk, 2, to: 4).refusal?.code == .signedOut)
        #expect(desk.newTokens.isEmpty)
    }

    @Test func aTokenNobodyGaveIsSignedOutAndEndsNothing() {
        var desk = desk()
        #expect(rotate(&desk, 7).refusal?.code == .signedOut)
        #expect(desk.isUnchanged)
    }

    @Test(arguments: [
        Session.sample(10, ended: Session.End(at: Sample.now, reason: .signedOut)),
        Session.sample(10, expiresAt: Sample.now), Session.sample(10, expiresAt: Sample.now - .seconds(1)),
    ])
    func aSessionThatIsOverStaysOver(session: Session) {
        var desk = desk(session: session)
        #expect(rotate(&desk).refusal?.code == .signedOut)
        #expect(desk.isUnchanged)
    }

    @Test func aSessionLivesUntilTheInstantItExpires() {
        var desk = desk(session: .sample(10, expiresAt: Sample.now + .milliseconds(1)))
        #expect(rotate(&desk).isDone)
    }

    @Test func whoIsBannedCantRotate() {
        var desk = desk(user: .sample(1, status: .banned))
        #expect(rotate(&desk).refusal?.code == .banned)
        #expect(desk.isUnchanged)
    }

    @Test func aNextTokenThatIsThereIsRefused() {
        var desk = desk()
        #expect(rotate(&desk, 1, to: 1).refusal?.code == .conflict)
        #expect(desk.isUnchanged)
    }

    @Test func aSessionBegunAndRotatedInOneBatchIsOnlyInserted() {
        var desk = UsersDesk.of(.sample(1))
        let command = StartSession(userId: .n(1), session: .sample(10, token: 1))
        _ = desk.decide(Sample.head(2, by: .nobody), .startSession(command), now: Sample.now)
        #expect(rotate(&desk, 1, to: 2).isDone)
        #expect(desk.newTokens == [.n(1), .n(2)] && desk.rotatedTokens.isEmpty)
        #expect(desk.newSessions == [.n(10)] && desk.changedSessions.isEmpty)
        #expect(desk.tokens[.n(1)]?.rotatedAt == Sample.now)
    }

    // MARK: End

    @Test func endEndsTheSession() {
        var desk = desk()
        let end = UsersCommand.endSession(EndSession(presented: .n(1)))
        #expect(desk.decide(Sample.head(3, by: .nobody), end, now: Sample.now).isSilent)
        #expect(desk.sessions[.n(10)]?.ended == Session.End(at: Sample.now, reason: .signedOut))
        #expect(desk.changedSessions == [.n(10)])
        #expect(rotate(&desk).refusal?.code == .signedOut)
    }

    @Test func endingWhatIsOverChangesNothing() {
        let ended = Session.End(at: Sample.now - .seconds(5), reason: .banned)
        var desk = desk(session: .sample(10, ended: ended))
        let end = UsersCommand.endSession(EndSession(presented: .n(1)))
        #expect(desk.decide(Sample.head(3, by: .nobody), end, now: Sample.now).isSilent)
        #expect(desk.sessions[.n(10)]?.ended == ended && desk.isUnchanged)
    }

    @Test func endingWithATokenNobodyGaveChangesNothing() {
        var desk = desk()
        let end = UsersCommand.endSession(EndSession(presented: .n(7)))
        #expect(desk.decide(Sample.head(3, by: .nobody), end, now: Sample.now).isSilent)
        #expect(desk.isUnchanged)
    }

    @Test func aTokenWhoseSessionIsNotLoadedEndsNothing() {
        var desk = UsersDesk.of(.sample(1), tokens: [.sample(1, of: 10)])
        let end = UsersCommand.endSession(EndSession(presented: .n(1)))
        #expect(desk.decide(Sample.head(3, by: .nobody), end, now: Sample.now).isSilent)
        #expect(desk.isUnchanged)
    }
}
