import Testing

@testable import Marketplace

@Suite struct UsersWireTests {
    private let hash = String(repeating: "ab", count: 24) + "0000000000000001"
    private let user = #""01980000-0000-7000-8000-000000000001""#
    private let session = #""01980000-0000-7000-8000-00000000000a""#
    private var shown: String {
        #"{"createdAt":"2026-08-01T12:00:00.000Z","email":"","id":\#(user),"role":"member","version":3}"#
    }
    private let reply = AccountReply(id: .n(1), role: .member, version: 3, createdAt: Fixture.now)

    @Test func signUpKeepsItsFormat() throws {
        let new = #"{"id":\#(session),"tokenHash":"\#(hash)","userAgent":"Firefox"}"#
        try expectGolden(
            SignUp(email: .sample("fan"), passwordHash: "$argon2id$v=19$m=1", session: .sample(10, token: 1)),
            type: "SignUp",
            #"{"email":"fan@example.com","passwordHash":"$argon2id$v=19$m=1","session":\#(new)}"#)
        try expectGolden(
            StartSession(userId: .n(1), session: .sample(10, token: 1)), type: "StartSession",
            #"{"session":\#(new),"userId":\#(user)}"#)
    }

    @Test func userVersionIsOptionalInStartSession() throws {
        let new = #"{"id":\#(session),"tokenHash":"\#(hash)","userAgent":"Firefox"}"#
        try expectGolden(
            StartSession(userId: .n(1), session: .sample(10, token: 1), userVersion: 3), type: "StartSession",
            #"{"session":\#(new),"userId":\#(user),"userVersion":3}"#)
    }

    @Test func accountCommandsKeepTheirFormat() throws {
        try expectGolden(
            ChangeEmail(userId: .n(1), email: .sample("new"), userVersion: 3), type: "ChangeEmail",
            #"{"email":"new@example.com","userId":\#(user),"userVersion":3}"#)
        try expectGolden(
            ChangePassword(userId: .n(1), passwordHash: "$argon2id$v=19$m=1", keep: .n(10)), type: "ChangePassword",
            #"{"keep":\#(session),"passwordHash":"$argon2id$v=19$m=1","userId":\#(user)}"#)
        try expectGolden(
            EndOwnSession(userId: .n(1), sessionId: .n(10), requestedBy: .n(10)), type: "EndOwnSession",
            #"{"requestedBy":\#(session),"sessionId":\#(session),"userId":\#(user)}"#)
        try expectGolden(
            EndOwnSession(userId: .n(1), sessionId: .n(10), requestedBy: nil), type: "EndOwnSession",
            #"{"sessionId":\#(session),"userId":\#(user)}"#)
        try expectGolden(
            EndOtherSessions(userId: .n(1), keep: .n(10)), type: "EndOtherSessions",
            #"{"keep":\#(session),"userId":\#(user)}"#)
    }

    @Test func tokenCommandsKeepTheirFormat() throws {
        let next = String(repeating: "ab", count: 24) + "0000000000000002"
        try expectGolden(
            RotateSession(presented: .n(1), next: .n(2)), type: "RotateSession",
            #"{"next":"\#(next)","presented":"\#(hash)"}"#)
        try expectGolden(EndSession(presented: .n(1)), type: "EndSession", #"{"presented":"\#(hash)"}"#)
    }

    @Test func administrationCommandsKeepTheirFormat() throws {
        try expectGolden(
            BanUser(userId: .n(1), reason: "fraud"), type: "BanUser", #"{"reason":"fraud","userId":\#(user)}"#)
        try expectGolden(UnbanUser(userId: .n(1)), type: "UnbanUser", #"{"userId":\#(user)}"#)
        try expectGolden(
            ChangeRole(userId: .n(1), role: .admin), type: "ChangeRole", #"{"role":"admin","userId":\#(user)}"#)
    }

    @Test func eventBodyKeepsItsFormat() throws {
        try expectGolden(
            UserState(id: .n(1), status: .active, role: .admin, version: 3),
            #"{"id":\#(user),"role":"admin","status":"active","version":3}"#)
        try expectGolden(
            UserState(id: .n(1), status: .banned, role: .member, version: 4),
            #"{"id":\#(user),"role":"member","status":"banned","version":4}"#)
    }

    @Test func repliesKeepTheirFormat() throws {
        try expectGolden(reply, shown)
        try expectGolden(
            SessionStarted(user: reply, sessionId: .n(10), tokenHash: .n(1)),
            #"{"sessionId":\#(session),"tokenHash":"\#(hash)","user":\#(shown)}"#)
        try expectGolden(
            SessionRotation(outcome: .rotated, sessionId: .n(10), user: reply),
            #"{"outcome":"rotated","sessionId":\#(session),"user":\#(shown)}"#)
        try expectGolden(
            SessionRotation(outcome: .alreadyRotated, sessionId: .n(10), user: reply),
            #"{"outcome":"already_rotated","sessionId":\#(session),"user":\#(shown)}"#)
    }

    @Test func endReasonsKeepTheirStoredNames() {
        #expect(Session.End.Reason.signedOut.rawValue == "signed_out")
        #expect(Session.End.Reason.tokenReused.rawValue == "token_reused")
        #expect(Session.End.Reason.banned.rawValue == "banned")
        #expect(Session.End.Reason.passwordChanged.rawValue == "password_changed")
    }
}
