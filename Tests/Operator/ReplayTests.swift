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

    private func ward(events: Int) async throws -> Ward {
        let ward = try await Ward()
        for version in 1...events {
            let type: EventType = version == 1 ? .userCreated : .userUpdated
            let state = UserState(id: user.id, status: .active, role: .member, version: Int64(version))
            try await ward.write(
                NewEvent(type, subject: user.id, version: state.version, body: state), of: .users)
        }
        return ward
    }

    @Test func `without --execute nothing is delivered`() async throws {
        let ward = try await ward(events: 3)
        let result = try await ward.gittix("replay", "events", "--from", "2", "--service", "users")
        #expect(result.status == 0)
        #expect(
            result.lines == ["users: 2 events, 2 to 3, to tickets, orders", "Nothing was done: --execute does it."])
        #expect(try await ward.count("XLEN", ward.keys.commands(.tickets)) == 0)
    }

    @Test func `events reach one follower's inbox, with new ids, and make its copy whole`() async throws {
        let ward = try await ward(events: 3)
        try await ward.working("users", "tickets", "orders") {
            try await eventually("both copies are there") {
                try await ward.database.count(
                    """
                    SELECT count(*) FROM tickets.users JOIN orders.users USING (id, version) WHERE version = 3
                    """) == 1
            }
            // Lost by a mistake of its own: its inbox knows all three.
            try await ward.database.execute("DELETE FROM tickets.users")
            let result = try await ward.gittix(
                "replay", "events", "--from", "2026-01-01T00:00:00Z", "--to", "tickets", "--execute")
            #expect(result.status == 0 && result.has("users: 3 events, 1 to 3, to tickets"), "\(result.output)")
            #expect(result.has("users: delivered to tickets") && result.has("orders: no events"), "\(result.output)")
            try await eventually("the copy is whole again") {
                try await ward.database.count("SELECT count(*) FROM tickets.users WHERE version = 3") == 1
            }
            try await eventually("nothing is left") {
                try await ward.count("XLEN", ward.keys.commands(.tickets)) == 0
            }
        }
        #expect(try await ward.count("XLEN", ward.keys.dead(.tickets)) == 0)
        #expect(try await ward.database.count("SELECT count(*) FROM orders.inbox") == 3, "orders was told nothing")
    }

    @Test func `events of payments keep their ids`() async throws {
        let ward = try await Ward()
        let payment = PaymentEvent(
            kind: .authorized, orderId: .new(), attempt: 1, amount: 100, currency: Currency(rawValue: "EUR")!,
            paymentIntentId: nil, reason: nil)
        try await ward.write(
            NewEvent(.paymentAuthorized, subject: payment.orderId, version: 1, body: payment), of: .payments)
        let result = try await ward.gittix(
            "replay", "events", "--from", "0", "--service", "payments", "--execute")
        #expect(result.status == 0, "\(result.output)")
        let fields = try await ward.redis("XRANGE", ward.keys.commands(.orders), "-", "+").array?[0].array?[1].array
        let words = (fields ?? []).compactMap(\.string)
        #expect(words.suffix(2) == ["origin", "events:payments:1-0"])
        #expect(words[1] == (try await ward.database.column("SELECT event_id FROM payments.outbox"))[0])
    }

    @Test func `what the outbox has dropped is told`() async throws {
        let ward = try await ward(events: 3)
        try await ward.database.execute("DELETE FROM users.outbox WHERE id < 3")
        let result = try await ward.gittix("replay", "events", "--from", "1-0", "--service", "users")
        #expect(result.has("the outbox begins with 3"), "\(result.output)")
        #expect(result.has("users: 1 events, 3 to 3"), "\(result.output)")
        let later = try await ward.gittix("replay", "events", "--from", "4", "--service", "users")
        #expect(later.has("users: no events from there on"))
    }

    @Test(arguments: [
        (["--from", "7"], "--service"),
        (["--from", "yesterday", "--service", "users"], "--from"),
        (["--from", "7", "--service", "users", "--to", "payments"], "tickets, orders do"),
        (["--from", "7", "--service", "expiration"], "has no outbox"),
    ])
    func `what is wrong is told`(words: [String], hint: String) throws {
        let error = #expect(throws: (any Error).self) { _ = try GitTix.parseAsRoot(["replay", "events"] + words) }
        let message = GitTix.message(for: try #require(error))
        #expect(message.contains(hint), "\(message)")
    }
}
