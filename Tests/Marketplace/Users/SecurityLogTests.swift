import Testing

@testable import Marketplace

/// Each decision about access to an account adds an entry to the security log; other decisions add none.
@Suite struct SecurityLogTests {
    private func entries(
        _ command: UsersCommand, by actor: Actor,
        on decider: UsersDecider = .of(
            .sample(1), .sample(2, role: .admin), sessions: [.sample(10), .sample(11)],
            tokens: [.sample(1, of: 10), .sample(2, of: 11, rotatedAt: Fixture.now - .seconds(60))])
    ) -> [SecurityEntry] {
        var decider = decider
        _ = decider.decide(Fixture.head(9, by: actor), command, now: Fixture.now)
        return decider.securityEntries
    }

    @Test func changesByAdminsAreLogged() {
        let ban = entries(.banUser(BanUser(userId: .n(1), reason: "fraud")), by: .user(.n(2)))
        #expect(
            ban == [
                SecurityEntry(
                    at: Fixture.now, kind: .banned, actor: .user(.n(2)), userId: .n(1), before: "active",
                    after: "banned", reason: "fraud")
            ])
        let role = entries(.changeRole(ChangeRole(userId: .n(1), role: .admin)), by: .operator)
        #expect(role.map(\.kind) == [.roleChanged] && role[0].before == "member" && role[0].after == "admin")
        #expect(role[0].actor == .operator)
    }

    @Test func changesOfTheOwnAccountAreLogged() {
        let me = Actor.user(.n(1))
        let session = NewSession(id: .n(20), tokenHash: .n(7), userAgent: "Firefox", address: "198.51.100.7")
        let cases: [(UsersCommand, SecurityEntry.Kind)] = [
            (.startSession(StartSession(userId: .n(1), session: session)), .signIn),
            (.endSession(EndSession(presented: .n(1))), .signOut),
            (.rotateSession(RotateSession(presented: .n(2), next: .n(9))), .tokenReused),
            (.endOwnSession(EndOwnSession(userId: .n(1), sessionId: .n(11), requestedBy: .n(10))), .sessionEnded),
            (.endOwnSession(EndOwnSession(userId: .n(1), sessionId: .n(10), requestedBy: .n(10))), .signOut),
            (.endOtherSessions(EndOtherSessions(userId: .n(1), keep: .n(10))), .otherSessionsEnded),
            (.changeEmail(ChangeEmail(userId: .n(1), email: .sample("new"))), .emailChanged),
            (.changePassword(ChangePassword(userId: .n(1), passwordHash: "x", keep: .n(10))), .passwordChanged),
            (
                .recordFailedSignIn(RecordFailedSignIn(userId: .n(1), address: "192.0.2.1", userAgent: "curl")),
                .signInFailed
            ),
        ]
        for (command, kind) in cases {
            let found = entries(command, by: me)
            #expect(found.map(\.kind) == [kind] && found.first?.userId == .n(1), "\(kind)")
        }
        let signIn = entries(cases[0].0, by: me)[0]
        #expect(signIn.address == "198.51.100.7" && signIn.userAgent == "Firefox" && signIn.session == .n(20))
        let email = entries(cases[6].0, by: me)[0]
        #expect(email.before == "user1@example.com" && email.after == "new@example.com")
    }

    @Test func refusedAndRepeatedChangesAreNotLogged() {
        let ended = Session.sample(10, ended: Session.End(at: Fixture.now, reason: .signedOut))
        let decider = UsersDecider.of(.sample(1, status: .banned), sessions: [ended], tokens: [.sample(1, of: 10)])
        let commands: [UsersCommand] = [
            .banUser(BanUser(userId: .n(1), reason: "again")), .endSession(EndSession(presented: .n(1))),
            .changeRole(ChangeRole(userId: .n(1), role: .member)),
            .startSession(StartSession(userId: .n(1), session: .sample(12, token: 5))),
            .recordFailedSignIn(RecordFailedSignIn(userId: .n(7), address: "192.0.2.1", userAgent: "")),
        ]
        for command in commands { #expect(entries(command, by: .operator, on: decider).isEmpty) }
    }
}
