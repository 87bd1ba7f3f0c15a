import Marketplace
import PostgresClient
import Testing

@testable import Services

/// The withdrawal of a banned seller's listings, in slices.
@Suite struct BannedSellerTests {
    /// In an earlier version, the whole ban was one UPDATE. With 100,000 listings it never ended, and blocked all other
    /// sellers.
    @Test func aBanWithdrawsAllListingsInSlices() async throws {
        let harness = try await ServiceHarness(ListingsHandler())
        let seller = UserState(id: .new(), status: .active, role: .member, version: 1)
        try await harness.deliver(.user(seller), from: .users)
        try await harness.pool.execute(
            """
            INSERT INTO tickets.tickets (id, seller_id, title, price, currency, quantity, withdrawn, version,
                created_at, updated_at)
            SELECT gen_random_uuid(), \(seller.id), 'Row ' || number, 2500, 'USD', 1, number > 1500, 1, now(), now()
            FROM generate_series(1, 2000) AS number
            """)
        let sizes = try await TransactionSizes(of: "tickets.tickets", on: harness.pool)
        try await harness.deliver(
            .user(UserState(id: seller.id, status: .banned, role: .member, version: 2)), from: .users)
        try await harness.drain()
        #expect(try await sizes.summary(of: "tickets.tickets").rows == 0)
        #expect(try await harness.number("SELECT count(*) FROM tickets.work") == 1)

        try await harness.runWork()
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets WHERE NOT withdrawn") == 0)
        #expect(try await harness.number("SELECT count(*) FROM tickets.outbox") == 1500)
        #expect(try await harness.number("SELECT count(*) FROM tickets.work") == 0)
        let changes = try await sizes.summary(of: "tickets.tickets")
        #expect(changes.rows == 1500 && changes.largest <= 200, "\(changes)")
    }
}
