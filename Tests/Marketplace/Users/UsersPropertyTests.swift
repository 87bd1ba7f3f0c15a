import Testing

@testable import Marketplace

@Suite struct UsersPropertyTests {
    /// Makes commands: tokens shown again soon and late, addresses taken, admins and others who try.
    private struct Fuzz {
        var random: SeededGenerator
        var now = Sample.now
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
                // Now and then an id that has made an account before.
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

        /// What someone does to their own account, from a session that mostly is theirs.
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
            default: return (head, .endOwnSession(EndOwnSession(userId: user, sessionId: other)))
            }
        }
    }

    @Test(arguments: Seeds.all) func promisesHoldAfterEachBatchHoweverItIsCut(seed: UInt64) throws {
        var fuzz = Fuzz(random: SeededGenerator(seed: seed))
        var books = UsersBooks()
        var tally: [String: Int] = [:]
        for step in 0..<300 {
            let batch = fuzz.batch()
            let before = books
            var pieces = books
            let whole = try books.run(batch, now: fuzz.now).map(Outcome.init)
            try books.check(since: before)
            let inPieces = try cut(batch, using: &fuzz.random).flatMap {
                try pieces.run($0, now: fuzz.now).map(Outcome.init)
            }
            try #require(whole == inPieces, "step \(step)")
            // Compared first: a failure would print both books whole.
            let isSame = books == pieces
            try #require(isSame, "step \(step)")
            for outcome in whole { tally[String(outcome.verdict.prefix(18)), default: 0] += 1 }
        }
        guard Seeds.fixed.contains(seed) else { return }
        for verdict in [
            #"done {"outcome":"a"#, #"done {"outcome":"r"#, "refused signedOut", "refused banned", "refused emailTaken",
            "refused keyReused", "refused forbidden", "refused notFound", "refused conflict",
        ] {
            try #require(tally[verdict] ?? 0 > 0, "\(verdict) of \(tally)")
        }
        for reason in [Session.End.Reason.tokenReused, .passwordChanged, .signedOut] {
            try #require(books.sessions.values.contains { $0.ended?.reason == reason }, "\(reason)")
        }
        try #require(books.users.values.contains { $0.passwordHash != "x" })
    }
}
