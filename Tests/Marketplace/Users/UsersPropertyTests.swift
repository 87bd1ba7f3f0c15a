import Testing

@testable import Marketplace

@Suite struct UsersPropertyTests {
    /// Generates commands. Some reuse a refresh token, within the grace period or after it, some use an e-mail address
    /// that is taken, and some have an actor who may not send them.
    private struct MessageGenerator {
        var random: SeededGenerator
        var now = Fixture.now
        var nextId: UInt64 = 1000
        var users: [UserID] = [.n(1)]
        var tokens: [TokenHash] = [.sample(1)]
        var sessions: [(id: SessionID, user: UserID)] = [(.n(1), .n(1))]

        mutating func batch() -> [(CommandHead, UsersCommand)] {
            now = now + .seconds(random.pick([0, 1, 3, 8, 30, 40_000]) ?? 0)
            return (0..<Int.random(in: 1...16, using: &random)).map { _ in command() }
        }

        private mutating func command() -> (CommandHead, UsersCommand) {
            nextId += 1
            let someone = random.chance(98) ? random.pick(users.suffix(12)) ?? .n(1) : .n(7)
            let actor: Actor = random.chance(60) ? .operator : .user(random.pick(users.suffix(12)) ?? .n(1))
            let head = CommandHead(id: .n(nextId), actor: actor, at: now)
            switch Int.random(in: 0..<120, using: &random) {
            case 100...: return own(head)
            case 0..<14:
                // Sometimes reuse the id of an account.
                let id: UserID = random.chance(10) ? someone : .n(nextId)
                users.append(id)
                return (
                    CommandHead(id: CommandID(id.uuid), actor: .nobody, at: now),
                    .signUp(SignUp(email: email(), passwordHash: "x", session: session(of: id)))
                )
            case 14..<34: return (head, .startSession(StartSession(userId: someone, session: session(of: someone))))
            case 34..<78:
                return (head, .rotateSession(RotateSession(presented: presented(), next: token())))
            case 78..<86: return (head, .endSession(EndSession(presented: presented())))
            case 86..<90: return (head, .banUser(BanUser(userId: someone, reason: "fraud")))
            case 90..<96: return (head, .unbanUser(UnbanUser(userId: someone)))
            default:
                return (head, .changeRole(ChangeRole(userId: someone, role: random.chance(50) ? .admin : .member)))
            }
        }

        private mutating func presented() -> TokenHash { random.pick(tokens.suffix(30)) ?? .sample(1) }

        private mutating func token() -> TokenHash {
            nextId += 1
            tokens.append(.sample(nextId))
            return .sample(nextId)
        }

        private mutating func session(of user: UserID) -> NewSession {
            sessions.append((.n(nextId), user))
            return NewSession(id: .n(nextId), tokenHash: token(), userAgent: "Firefox")
        }

        private mutating func email() -> EmailAddress { .sample("user\(Int.random(in: 0..<60, using: &random))") }

        /// Generates a command about a user's own account, mostly sent by that user.
        private mutating func own(_ head: CommandHead) -> (CommandHead, UsersCommand) {
            let (session, user) = random.pick(sessions.suffix(20)) ?? (.n(1), .n(1))
            let other = random.pick(sessions.suffix(20))?.id ?? session
            let seen: Int64? = random.chance(20) ? Int64.random(in: 1...3, using: &random) : nil
            let head = random.chance(90) ? CommandHead(id: head.id, actor: .user(user), at: now) : head
            switch Int.random(in: 0..<4, using: &random) {
            case 0: return (head, .changeEmail(ChangeEmail(userId: user, email: email(), userVersion: seen)))
            case 1:
                let change = ChangePassword(
                    userId: user, passwordHash: "\(nextId)", keep: session, userVersion: seen)
                return (head, .changePassword(change))
            case 2: return (head, .endOtherSessions(EndOtherSessions(userId: user, keep: session)))
            default:
                let requester = random.chance(80) ? session : nil
                return (
                    head, .endOwnSession(EndOwnSession(userId: user, sessionId: other, requestedBy: requester))
                )
            }
        }
    }

    @Test(arguments: Seeds.all) func invariantsHoldForEveryBatchAndSplit(seed: UInt64) throws {
        var generator = MessageGenerator(random: SeededGenerator(seed: seed))
        var store = InMemoryUsers()
        var tally: [String: Int] = [:]
        for step in 0..<300 {
            let batch = generator.batch()
            let before = store
            var splitStore = store
            let whole = try store.run(batch, now: generator.now).map(DecisionSummary.init)
            try store.check(since: before)
            let split = try splitRandomly(batch, using: &generator.random).flatMap {
                try splitStore.run($0, now: generator.now).map(DecisionSummary.init)
            }
            try #require(whole == split, "step \(step)")
            // Compared outside of `#require`: a failure would print both stores.
            let isSame = store == splitStore
            try #require(isSame, "step \(step)")
            for summary in whole { tally[String(summary.outcome.prefix(19)), default: 0] += 1 }
        }
        guard Seeds.fixed.contains(seed) else { return }
        for outcome in [
            #"reply {"outcome":"a"#, #"reply {"outcome":"r"#, "refused signedOut", "refused banned",
            "refused emailTaken",
            "refused keyReused", "refused forbidden", "refused notFound", "refused conflict",
        ] {
            try #require(tally[outcome] ?? 0 > 0, "\(outcome) of \(tally)")
        }
        for reason in [Session.End.Reason.tokenReused, .passwordChanged, .signedOut] {
            try #require(store.sessions.values.contains { $0.ended?.reason == reason }, "\(reason)")
        }
        try #require(store.users.values.contains { $0.passwordHash != "x" })
    }
}
