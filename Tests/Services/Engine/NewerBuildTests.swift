import FoundationEssentials
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Streams
import Support
import Testing

@testable import Services

/// Events, rows and replies from a newer build, which runs beside this one during a deploy.
struct NewerBuildTests {
    /// An order's event with a member that this build does not know.
    ///
    /// - Parameter changes: Members that replace the event's own.
    private static func order(
        _ type: EventType, version: Int64 = 1, status: String = "awaiting_payment", _ changes: [String: JSON] = [:]
    ) -> NewEvent {
        let now = JSON.string(Timestamp.now().description)
        let id = OrderID.new()
        let body: [String: JSON] = [
            "id": .string(id.description), "userId": .string(UserID.new().description),
            "ticketId": .string(ListingID.new().description), "ticketTitle": .string("Row 7"), "details": [:],
            "quantity": .int(2), "price": .int(100), "total": .int(200), "currency": .string("EUR"),
            "status": .string(status), "expiresAt": now, "createdAt": now, "updatedAt": now, "version": .int(version),
            "channel": .array([.string("a member"), .string("of a newer build")]),
        ]
        return NewEvent(type, subject: id, version: version, body: JSON.object(body.merging(changes) { _, new in new }))
    }

    @Test func anUnknownReasonIsCarriedAndNoDeadLetter() async throws {
        let listings = try await ServiceHarness(ListingsHandler())
        try await listings.deliver(
            Self.order(.orderCancelled, version: 2, status: "cancelled", ["reason": .string("of_a_newer_build")]),
            from: .orders)
        try await listings.drain()
        #expect(try await listings.deadLetterCount() == 0)
        #expect(try await listings.number("SELECT count(*) FROM tickets.orders WHERE status = 'cancelled'") == 1)
    }

    @Test func anUnknownStatusWaitsForTheNewerBuild() async throws {
        let listings = try await ServiceHarness(ListingsHandler())
        try await listings.deliver(Self.order(.orderConfirmed, version: 2, status: "disputed"), from: .orders)
        try await listings.deliver(Self.order(.orderCreated), from: .orders)
        try await listings.handle(try #require(try await listings.consumer.next()))
        #expect(try await listings.deadLetterCount() == 0)
        #expect(try await listings.count("ZCARD", listings.keys.deferred(.listings)) == 1)
        #expect(try await listings.number("SELECT count(*) FROM tickets.orders") == 1)
    }

    @Test func anEventOfAnUnknownTypeIsIgnored() async throws {
        let listings = try await ServiceHarness(ListingsHandler())
        try await listings.deliver(Self.order(EventType("OrderTransferred"), version: 2), from: .orders)
        try await listings.drain()
        #expect(try await listings.deadLetterCount() == 0)
        #expect(try await listings.number("SELECT count(*) FROM tickets.inbox") == 0)
    }

    @Test func anUnknownRoleChangesNothingForFollowers() async throws {
        let listings = try await ServiceHarness(ListingsHandler())
        let user = UserState(id: .new(), status: .active, role: UserState.Role(rawValue: "organizer"), version: 1)
        try await listings.deliver(.user(user), from: .users)
        try await listings.drain()
        #expect(try await listings.number("SELECT count(*) FROM tickets.users") == 1)
    }

    @Test func aMalformedValueIsStillADeadLetter() async throws {
        let listings = try await ServiceHarness(ListingsHandler())
        try await listings.deliver(Self.order(.orderCreated, ["quantity": .string("two")]), from: .orders)
        try await listings.drain()
        #expect(try await listings.deadLetterCount() == 1)
    }

    @Test func aCommandAboutARowOfANewerBuildWaitsForIt() async throws {
        let orders = try await ServiceHarness(OrdersHandler.forRepair)
        _ = try await orders.pool.query("ALTER TABLE orders.orders DROP CONSTRAINT orders_status_check")
        let (buyer, newer, known) = (UserID.new(), OrderID.new(), OrderID.new())
        for (id, status) in [(newer, "disputed"), (known, "complete")] {
            _ = try await orders.pool.query(
                """
                INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, quantity, price, total, currency,
                    status, attempt, expires_at, created_at, updated_at, version)
                VALUES (\(id), \(buyer), gen_random_uuid(), 'Row 7', 1, 100, 100, 'EUR', \(status), 1,
                    now() + interval '1 hour', now(), now(), 1)
                """)
        }
        let waiting = try await orders.send(CancelOrder(orderId: newer), actor: .user(buyer))
        let answered = try await orders.send(CancelOrder(orderId: known), actor: .user(buyer))
        try await orders.handle(try #require(try await orders.consumer.next()))
        #expect(try await orders.replies().map(\.id) == [answered.description])
        #expect(try await orders.count("ZCARD", orders.keys.deferred(.orders)) == 1)
        #expect(try await orders.backlog() == 0)
        // The order is not at fault, so further commands about it wait as well, and are not refused.
        for _ in 1...3 {
            try await orders.send(CancelOrder(orderId: newer), actor: .user(buyer))
            try await orders.handle(try #require(try await orders.consumer.next()))
        }
        #expect(try await orders.replies().map(\.id) == [answered.description])
        // The newer build handles the order.
        _ = try await orders.pool.query("UPDATE orders.orders SET status = 'complete' WHERE id = \(newer)")
        try await orders.drain()
        #expect(try await orders.refusal(of: waiting) == .notCancellable)
        #expect(try await orders.deadLetterCount() == 0)
    }

    @Test func anUnknownCodeOfARefusalIsAConflict() throws {
        let refusal = try JSONDecoder().decode(
            Refusal.self, from: Data(#"{"code":"limitReached","message":"You hold five orders already."}"#.utf8))
        #expect(refusal == Refusal(.conflict, "You hold five orders already."))
    }

    @Test func aRowWithAnUnknownStatusHidesNoOthers() async throws {
        let orders = try await ServiceHarness(OrdersHandler.forRepair)
        let buyer = UserID.new()
        _ = try await orders.pool.query("ALTER TABLE orders.orders DROP CONSTRAINT orders_status_check")
        for status in ["disputed", "awaiting_payment"] {
            _ = try await orders.pool.query(
                """
                INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, quantity, price, total, currency,
                    status, expires_at, created_at, updated_at, version)
                VALUES (gen_random_uuid(), \(buyer), gen_random_uuid(), 'Row 7', 1, 100, 100, 'EUR', \(status), now(),
                    now(), now(), 1)
                """)
        }
        let reads = OrderReads(orders.pool)
        #expect(try await reads.orders(of: buyer, after: nil, limit: 10).map(\.status) == [.awaitingPayment])
        #expect(try await reads.orders(OrderSearch(), after: nil, limit: 10).count == 1)
    }
}
