import FoundationEssentials
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Support
import Testing

@testable import Streams
@testable import Workers

/// The transaction around every handler, shown on the users and the orders service.
@Suite struct BatchProcessorTests {
    @Test func aBatchIsCommittedAnsweredAndDeleted() async throws {
        let rig = try await Rig.users()
        let ids = try await [rig.send(SignUp.fixture("a@example.com")), rig.send(SignUp.fixture("b@example.com"))]
        try await rig.drain()
        #expect(try await rig.replies().map(\.id) == ids.map(\.description))
        #expect(try await rig.replies().allSatisfy { $0.outcome == "done" })
        #expect(try await rig.backlog() == 0)
        #expect(try await rig.number("SELECT count(*) FROM users.users") == 2)
        #expect(try await rig.number("SELECT count(*) FROM users.outbox") == 2)
    }

    @Test func aCommandDeliveredTwiceTakesEffectOnceAndIsAnsweredTwiceTheSame() async throws {
        let rig = try await Rig.users()
        let command = try SignUp.fixture("a@example.com")
        let id = try await rig.send(command)
        try await rig.drain()
        try await rig.send(command, id: id)
        try await rig.drain()
        let replies = try await rig.replies(to: id)
        #expect(replies.count == 2)
        #expect(replies[0] == replies[1])
        #expect(try await rig.number("SELECT count(*) FROM users.outbox") == 1)
    }

    @Test func aCommandThatTwoWorkersDecideAtOnceTakesEffectOnce() async throws {
        let rig = try await Rig.users()
        let other = try await Rig(rig.processor.handler, sharing: rig)
        let command = try SignUp.fixture("a@example.com")
        let id = try await rig.send(command)
        let one = try #require(try await rig.consumer.next())
        try await rig.send(command, id: id)
        let two = try #require(try await other.consumer.next())

        // Both have found nothing in the inbox, and are held on their way to COMMIT: one by the lock of the outbox, the
        // other by the first one's row.
        let workers = try await rig.holdingCommits {
            let workers = [Task { try await rig.handle(one) }, Task { try await other.handle(two) }]
            try await rig.untilWaiting(2)
            return workers
        }
        for worker in workers { try await worker.value }

        let replies = try await rig.replies(to: id)
        #expect(replies.map(\.outcome) == ["done", "done"])
        #expect(replies.first?.body == replies.last?.body)
        #expect(try await rig.number("SELECT count(*) FROM users.users") == 1)
        #expect(try await rig.number("SELECT count(*) FROM users.outbox") == 1)
    }

    @Test func aCommandThatStandsTwiceInOneBatchTakesEffectOnce() async throws {
        let rig = try await Rig.users()
        let command = try SignUp.fixture("a@example.com")
        let id = try await rig.send(command)
        try await rig.send(command, id: id)
        try await rig.drain()
        #expect(try await rig.replies(to: id).map(\.outcome) == ["done", "done"])
        #expect(try await rig.number("SELECT count(*) FROM users.users") == 1)
    }

    @Test(arguments: [true, false])
    func aKeyUsedWithAnotherRequestIsRefused(inOneBatch: Bool) async throws {
        let rig = try await Rig.users()
        let id = CommandID.new()
        try await rig.send(SignUp.fixture("a@example.com"), id: id, fingerprint: "one")
        if !inOneBatch { try await rig.drain() }
        try await rig.send(SignUp.fixture("b@example.com"), id: id, fingerprint: "two")
        try await rig.drain()
        #expect(try await rig.refusal(of: id) == .keyReused)
        #expect(try await rig.number("SELECT count(*) FROM users.users WHERE email = 'b@example.com'") == 0)
        // The first answer is still the answer to the first request.
        try await rig.send(SignUp.fixture("a@example.com"), id: id, fingerprint: "one")
        try await rig.drain()
        #expect(try await rig.replies(to: id).last?.outcome == "done")
    }

    @Test func aRefusalIsStoredAndReplayed() async throws {
        let rig = try await Rig.users()
        try await rig.send(SignUp.fixture("a@example.com"))
        let command = try SignUp.fixture("a@example.com")
        let id = try await rig.send(command)
        try await rig.drain()
        #expect(try await rig.refusal(of: id) == .emailTaken)
        // Were it decided again, it would be taken in now.
        try await rig.pool.execute("DELETE FROM users.refresh_tokens")
        try await rig.pool.execute("DELETE FROM users.sessions")
        try await rig.pool.execute("DELETE FROM users.users")
        try await rig.send(command, id: id)
        try await rig.drain()
        #expect(try await rig.refusal(of: id) == .emailTaken)
        #expect(try await rig.number("SELECT count(*) FROM users.users") == 0)
    }

    @Test func oneBadCommandInABatchHarmsNoOtherAndEndsDead() async throws {
        let rig = try await Rig.users()
        // The database refuses what the desk would take: a rule that only this row breaks.
        try await rig.pool.execute("ALTER TABLE users.users ADD CHECK (email <> 'bad@example.com')")
        var good: [CommandID] = []
        for index in 0..<40 {
            if index == 17 { try await rig.send(SignUp.fixture("bad@example.com")) }
            good.append(try await rig.send(SignUp.fixture("good\(index)@example.com")))
        }
        try await rig.drain()
        #expect(Set(try await rig.replies().map(\.id)) == Set(good.map(\.description)))
        #expect(try await rig.number("SELECT count(*) FROM users.users") == 40)
        #expect(try await rig.dead() == 1)
        #expect(try await rig.number("SELECT count(*) FROM users.inbox") == 40)
    }

    @Test func whatCannotBeToldIsNotCommitted() async throws {
        let rig = try await Rig.users()
        try await rig.pool.execute("ALTER TABLE users.outbox ADD CONSTRAINT full_up CHECK (id < 0) NOT VALID")
        let id = try await rig.send(SignUp.fixture("a@example.com"))
        try await rig.handle(try #require(try await rig.due()))
        #expect(try await rig.number("SELECT count(*) FROM users.users") == 0)
        #expect(try await rig.number("SELECT count(*) FROM users.inbox") == 0)
        #expect(try await rig.replies(to: id).isEmpty)
        try await rig.pool.execute("ALTER TABLE users.outbox DROP CONSTRAINT full_up")
        try await rig.drain()
        #expect(try await rig.replies(to: id).map(\.outcome) == ["done"])
        #expect(try await rig.number("SELECT count(*) FROM users.users") == 1)
        #expect(try await rig.number("SELECT count(*) FROM users.outbox") == 1)
    }

    @Test func whatWasCommittedAndNotAckedIsAnsweredFromTheInbox() async throws {
        let rig = try await Rig.users()
        let id = try await rig.send(SignUp.fixture("a@example.com"))
        let batch = try #require(try await rig.consumer.next())
        // Committed; then the worker is gone before it settles.
        _ = try await rig.processor.process(batch)
        #expect(try await rig.replies().isEmpty)
        await rig.consumer.handBack()
        let other = try await Rig(rig.processor.handler, sharing: rig)
        try await other.drain()
        #expect(try await rig.replies(to: id).map(\.outcome) == ["done"])
        #expect(try await rig.number("SELECT count(*) FROM users.users") == 1)
    }

    @Test func entriesWrittenByHandAreGivenUpOnWithWhyAndBlockNobody() async throws {
        let rig = try await Rig.users()
        let id = CommandID.new().description
        try await rig.write("nonsense", "1")
        try await rig.write("id", "x", "type", "SignUp", "v", "1")
        try await rig.write(
            "id", id, "type", "SignUp", "v", "1", "at", "2026-11-22T14:00:00.000Z", "actor", "-", "reply", rig.instance,
            "trace", "", "body", "no JSON")
        try await rig.write(
            "id", CommandID.new().description, "type", "SignUp", "v", "1", "at", "2026-11-22T14:00:00.000Z", "actor",
            "-",
            "reply", "", "trace", "", "body", #"{"email":"not one"}"#)
        let good = try await rig.send(SignUp.fixture("a@example.com"))
        try await rig.drain()
        #expect(try await rig.replies(to: good).map(\.outcome) == ["done"])
        #expect(try await rig.dead() == 4)
        #expect(try await rig.backlog() == 0)
        let answered = try await rig.replies().first { $0.id == id }
        #expect(answered?.outcome == "refused")
        #expect(answered?.body.contains("can't be read") == true)
    }

    @Test func aTypeOfANewerBuildIsPutOffAndBlocksNobody() async throws {
        let rig = try await Rig.users()
        for (type, version) in [("FutureCommand", "1"), ("SignUp", "2")] {
            try await rig.write(
                "id", CommandID.new().description, "type", type, "v", version, "at", Timestamp.now().description,
                "actor",
                "-", "reply", rig.instance, "trace", "", "body", "{}")
        }
        let good = try await rig.send(SignUp.fixture("a@example.com"))
        let batch = try #require(try await rig.consumer.next())
        try await rig.handle(batch)
        #expect(try await rig.replies().map(\.id) == [good.description])
        #expect(try await rig.count("ZCARD", rig.keys.later(.users)) == 2)
        #expect(try await rig.backlog() == 0)
        #expect(try await rig.dead() == 0)
    }
}
