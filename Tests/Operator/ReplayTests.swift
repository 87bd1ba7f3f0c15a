import ArgumentParser
import Marketplace
import RedisClient
import Streams
import Support
import Testing

@testable import Operator

@Suite(.timeLimit(.minutes(1)))
struct ReplayTests {
    private let user = UserState(id: .new(), status: .active, role: .member, version: 1)

    /// Creates a harness with a user and this number of events about it.
    private func harness(events: Int) async throws -> OperatorHarness {
        let harness = try await OperatorHarness()
        for version in 1...events {
            let type: EventType = version == 1 ? .userCreated : .userUpdated
            let state = UserState(id: user.id, status: .active, role: .member, version: Int64(version))
            try await harness.write(
                NewEvent(type, subject: user.id, version: state.version, body: state), of: .users)
        }
        return harness
    }

    @Test func `without --execute nothing is delivered`() async throws {
        let harness = try await harness(events: 3)
        let result = try await harness.gittix("replay", "events", "--from", "2", "--service", "users")
        #expect(result.status == 0)
        #expect(
            result.lines == [
                "users: 2 events, 2 to 3, to tickets, orders, catalogue",
                "Nothing was delivered. Run with --execute to deliver.",
            ])
        #expect(try await harness.count("XLEN", harness.keys.commands(.listings)) == 0)
    }

    @Test func `replayed events get new ids and restore the copy of one follower`() async throws {
        let harness = try await harness(events: 3)
        try await harness.runWorkers("users", "tickets", "orders") {
            try await eventually("both copies are there") {
                try await harness.database.count(
                    """
                    SELECT count(*) FROM tickets.users JOIN orders.users USING (id, version) WHERE version = 3
                    """) == 1
            }
            // The copy is lost, although the inbox has all three events.
            try await harness.database.execute("DELETE FROM tickets.users")
            let result = try await harness.gittix(
                "replay", "events", "--from", "2026-01-01T00:00:00Z", "--to", "tickets", "--execute")
            #expect(result.status == 0 && result.has("users: 3 events, 1 to 3, to tickets"), "\(result.output)")
            #expect(result.has("users: delivered to tickets") && result.has("orders: no events"), "\(result.output)")
            try await eventually("the copy is restored") {
                try await harness.database.count("SELECT count(*) FROM tickets.users WHERE version = 3") == 1
            }
            try await eventually("no entry is left") {
                try await harness.count("XLEN", harness.keys.commands(.listings)) == 0
            }
        }
        #expect(try await harness.count("XLEN", harness.keys.deadLetters(.listings)) == 0)
        #expect(try await harness.database.count("SELECT count(*) FROM orders.inbox") == 3, "orders got no events")
    }

    @Test func `events of payments keep their ids`() async throws {
        let harness = try await OperatorHarness()
        let payment = PaymentEvent(
            kind: .authorized, orderId: .new(), attempt: 1, amount: 100, currency: Currency(rawValue: "EUR")!,
            paymentIntentId: nil, reason: nil)
        try await harness.write(
            NewEvent(.paymentAuthorized, subject: payment.orderId, version: 1, body: payment), of: .payments)
        let result = try await harness.gittix(
            "replay", "events", "--from", "0", "--service", "payments", "--execute")
        #expect(result.status == 0, "\(result.output)")
        let fields = try await harness.redis("XRANGE", harness.keys.commands(.orders), "-", "+").array?[0].array?[1]
            .array
        let words = (fields ?? []).compactMap(\.string)
        #expect(words.suffix(2) == ["origin", "events:payments:1-0"])
        #expect(words[1] == (try await harness.database.column("SELECT event_id FROM payments.outbox"))[0])
    }

    @Test func `dropped events are reported`() async throws {
        let harness = try await harness(events: 3)
        try await harness.database.execute("DELETE FROM users.outbox WHERE id < 3")
        let result = try await harness.gittix("replay", "events", "--from", "1-0", "--service", "users")
        #expect(result.has("the outbox begins with 3"), "\(result.output)")
        #expect(result.has("users: 1 events, 3 to 3"), "\(result.output)")
        let later = try await harness.gittix("replay", "events", "--from", "4", "--service", "users")
        #expect(later.has("users: no events after that"))
    }

    @Test(arguments: [
        (["--from", "7"], "--service"),
        (["--from", "yesterday", "--service", "users"], "--from"),
        (["--from", "7", "--service", "users", "--to", "payments"], "its followers are tickets, orders, catalogue"),
        (["--from", "7", "--service", "expiration"], "has no outbox"),
    ])
    func `a wrong argument is explained`(words: [String], hint: String) throws {
        let error = #expect(throws: (any Error).self) { _ = try GitTix.parseAsRoot(["replay", "events"] + words) }
        let message = GitTix.message(for: try #require(error))
        #expect(message.contains(hint), "\(message)")
    }
}
