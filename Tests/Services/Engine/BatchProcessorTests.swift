import FoundationEssentials
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Support
import Testing

@testable import Services
@testable import Streams

/// The transaction around every handler, tested with the users service.
@Suite struct BatchProcessorTests {
    @Test func aBatchIsCommittedAnsweredAndDeleted() async throws {
        let harness = try await ServiceHarness.users()
        let ids = try await [
            harness.send(SignUp.fixture("a@example.com")), harness.send(SignUp.fixture("b@example.com")),
        ]
        try await harness.drain()
        #expect(try await harness.replies().map(\.id) == ids.map(\.description))
        #expect(try await harness.replies().allSatisfy { $0.outcome == "done" })
        #expect(try await harness.backlog() == 0)
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 2)
        #expect(try await harness.number("SELECT count(*) FROM users.outbox") == 2)
    }

    /// The time is up at once, so each transaction decides one message.
    @Test func theRestOfASlowBatchIsPutOff() async throws {
        let harness = try await ServiceHarness(
            UsersHandler(store: UsersStore(rules: UsersRules()), seal: CommandSeal(secrets: ["secret"])),
            decisionTime: .zero)
        for number in 0..<3 { try await harness.send(SignUp.fixture("\(number)@example.com")) }
        let batch = try #require(try await harness.consumer.next())
        let outcomes = try await harness.processor.process(batch)
        #expect(outcomes.count == 3)
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 1)
        try await harness.consumer.settle(batch, outcomes)
        try await harness.drain()
        #expect(try await harness.replies().map(\.outcome) == ["done", "done", "done"])
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 3)
    }

    @Test func aCommandDeliveredTwiceTakesEffectOnceAndGetsTheSameReply() async throws {
        let harness = try await ServiceHarness.users()
        let command = try SignUp.fixture("a@example.com")
        let id = try await harness.send(command)
        try await harness.drain()
        try await harness.send(command, id: id)
        try await harness.drain()
        let replies = try await harness.replies(to: id)
        try #require(replies.count == 2)
        #expect(replies[0] == replies[1])
        #expect(try await harness.number("SELECT count(*) FROM users.outbox") == 1)
    }

    @Test func aCommandHandledByTwoWorkersAtOnceTakesEffectOnce() async throws {
        let harness = try await ServiceHarness.users()
        let other = try await ServiceHarness(harness.processor.handler, sharing: harness)
        let command = try SignUp.fixture("a@example.com")
        let id = try await harness.send(command)
        let one = try #require(try await harness.consumer.next())
        try await harness.send(command, id: id)
        let two = try #require(try await other.consumer.next())

        // Both workers have found nothing in the inbox and wait before COMMIT: the first for the outbox lock, and the
        // second for the first one's inbox row.
        let workers = try await harness.holdingCommits {
            let workers = [Task { try await harness.handle(one) }, Task { try await other.handle(two) }]
            try await harness.waitForLocks(2)
            return workers
        }
        for worker in workers { try await worker.value }

        let replies = try await harness.replies(to: id)
        #expect(replies.map(\.outcome) == ["done", "done"])
        #expect(replies.first?.body == replies.last?.body)
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 1)
        #expect(try await harness.number("SELECT count(*) FROM users.outbox") == 1)
    }

    @Test func aCommandTwiceInABatchTakesEffectOnce() async throws {
        let harness = try await ServiceHarness.users()
        let command = try SignUp.fixture("a@example.com")
        let id = try await harness.send(command)
        try await harness.send(command, id: id)
        try await harness.drain()
        #expect(try await harness.replies(to: id).map(\.outcome) == ["done", "done"])
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 1)
    }

    @Test(arguments: [true, false])
    func aKeyUsedWithAnotherRequestIsRefused(inOneBatch: Bool) async throws {
        let harness = try await ServiceHarness.users()
        let id = CommandID.new()
        try await harness.send(SignUp.fixture("a@example.com"), id: id, fingerprint: "one")
        if !inOneBatch { try await harness.drain() }
        try await harness.send(SignUp.fixture("b@example.com"), id: id, fingerprint: "two")
        try await harness.drain()
        #expect(try await harness.refusal(of: id) == .keyReused)
        #expect(try await harness.number("SELECT count(*) FROM users.users WHERE email = 'b@example.com'") == 0)
        // The first request still gets the first reply.
        try await harness.send(SignUp.fixture("a@example.com"), id: id, fingerprint: "one")
        try await harness.drain()
        #expect(try await harness.replies(to: id).last?.outcome == "done")
    }

    @Test func aRefusalIsStoredAndReplayed() async throws {
        let harness = try await ServiceHarness.users()
        try await harness.send(SignUp.fixture("a@example.com"))
        let command = try SignUp.fixture("a@example.com")
        let id = try await harness.send(command)
        try await harness.drain()
        #expect(try await harness.refusal(of: id) == .emailTaken)
        // If the command were decided again, it would be accepted now.
        try await harness.pool.execute("DELETE FROM users.refresh_tokens")
        try await harness.pool.execute("DELETE FROM users.sessions")
        try await harness.pool.execute("DELETE FROM users.users")
        try await harness.send(command, id: id)
        try await harness.drain()
        #expect(try await harness.refusal(of: id) == .emailTaken)
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 0)
    }

    @Test func aFailingCommandHarmsNoOtherAndBecomesADeadLetter() async throws {
        let harness = try await ServiceHarness.users()
        // The database refuses a row that the decision accepts.
        try await harness.pool.execute("ALTER TABLE users.users ADD CHECK (email <> 'bad@example.com')")
        var good: [CommandID] = []
        for index in 0..<40 {
            if index == 17 { try await harness.send(SignUp.fixture("bad@example.com")) }
            good.append(try await harness.send(SignUp.fixture("good\(index)@example.com")))
        }
        try await harness.drain()
        #expect(Set(try await harness.replies().map(\.id)) == Set(good.map(\.description)))
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 40)
        #expect(try await harness.deadLetterCount() == 1)
        #expect(try await harness.number("SELECT count(*) FROM users.inbox") == 40)
    }

    @Test func aChangeWhoseEventsCannotBeStoredIsRolledBack() async throws {
        let harness = try await ServiceHarness.users()
        try await harness.pool.execute("ALTER TABLE users.outbox ADD CONSTRAINT full_up CHECK (id < 0) NOT VALID")
        let id = try await harness.send(SignUp.fixture("a@example.com"))
        try await harness.handle(try #require(try await harness.nextDue()))
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 0)
        #expect(try await harness.number("SELECT count(*) FROM users.inbox") == 0)
        #expect(try await harness.replies(to: id).isEmpty)
        try await harness.pool.execute("ALTER TABLE users.outbox DROP CONSTRAINT full_up")
        try await harness.drain()
        #expect(try await harness.replies(to: id).map(\.outcome) == ["done"])
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 1)
        #expect(try await harness.number("SELECT count(*) FROM users.outbox") == 1)
    }

    @Test func aCommittedCommandThatWasNotSettledIsAnsweredFromTheInbox() async throws {
        let harness = try await ServiceHarness.users()
        let id = try await harness.send(SignUp.fixture("a@example.com"))
        let batch = try #require(try await harness.consumer.next())
        // The batch is committed, and the worker ends before it settles the batch.
        _ = try await harness.processor.process(batch)
        #expect(try await harness.replies().isEmpty)
        await harness.consumer.releaseAll()
        let other = try await ServiceHarness(harness.processor.handler, sharing: harness)
        try await other.drain()
        #expect(try await harness.replies(to: id).map(\.outcome) == ["done"])
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 1)
    }

    @Test func malformedEntriesBecomeDeadLettersAndBlockNoOthers() async throws {
        let harness = try await ServiceHarness.users(acceptsUnsigned: true)
        let id = CommandID.new().description
        try await harness.write("nonsense", "1")
        try await harness.write("id", "x", "type", "SignUp", "v", "1")
        try await harness.write(
            "id", id, "type", "SignUp", "v", "1", "at", "2026-11-22T14:00:00.000Z", "actor", "-", "reply",
            harness.instance,
            "trace", "", "body", "no JSON")
        try await harness.write(
            "id", CommandID.new().description, "type", "SignUp", "v", "1", "at", "2026-11-22T14:00:00.000Z", "actor",
            "-",
            "reply", "", "trace", "", "body", #"{"email":"not one"}"#)
        let good = try await harness.send(SignUp.fixture("a@example.com"))
        try await harness.drain()
        #expect(try await harness.replies(to: good).map(\.outcome) == ["done"])
        #expect(try await harness.deadLetterCount() == 4)
        #expect(try await harness.backlog() == 0)
        let answered = try await harness.replies().first { $0.id == id }
        #expect(answered?.outcome == "refused")
        #expect(answered?.body.contains("can't be read") == true)
    }

    @Test func aTypeOfANewerBuildIsDeferredAndBlocksNoOthers() async throws {
        let harness = try await ServiceHarness.users(acceptsUnsigned: true)
        for (type, version) in [("FutureCommand", "1"), ("SignUp", "3")] {
            try await harness.write(
                "id", CommandID.new().description, "type", type, "v", version, "at", Timestamp.now().description,
                "actor",
                "-", "reply", harness.instance, "trace", "", "body", "{}")
        }
        let good = try await harness.send(SignUp.fixture("a@example.com"))
        let batch = try #require(try await harness.consumer.next())
        try await harness.handle(batch)
        #expect(try await harness.replies().map(\.id) == [good.description])
        #expect(try await harness.count("ZCARD", harness.keys.deferred(.users)) == 2)
        #expect(try await harness.backlog() == 0)
        #expect(try await harness.deadLetterCount() == 0)
    }
}
