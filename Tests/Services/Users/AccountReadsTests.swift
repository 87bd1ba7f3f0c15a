import FoundationEssentials
import Marketplace
import PostgresClient
import Services
import Support
import Testing

@testable import Storage

/// The searches of admins.
@Suite("Lists for admins", .timeLimit(.minutes(1)))
struct AccountReadsTests {
    private static let start = Timestamp(milliseconds: 1_785_000_000_000)

    /// Inserts accounts. The list begins with the newest account.
    private func accounts(_ emails: [String], banned: Set<String> = [], on pool: PostgresPool) async throws {
        for (number, email) in emails.reversed().enumerated() {
            let (isBanned, at) = (banned.contains(email), Self.start + .seconds(Int64(number / 2)))
            try await pool.execute(
                """
                INSERT INTO users.users
                    (id, email, password_hash, status, ban_reason, version, created_at, updated_at)
                VALUES (\(UserID.new()), \(email), 'hash', \(isBanned ? "banned" : "active"),
                    \(isBanned ? "fraud" : nil), 1, \(at), \(at))
                """)
        }
    }

    private func emails(
        _ text: String?, _ status: UserState.Status? = nil, on pool: PostgresPool
    ) async throws -> [String] {
        try await UserReads(pool).accounts(AccountSearch(text: text, status: status), after: nil, limit: 100)
            .map(\.email)
    }

    @Test("Accounts are found by the beginning of an address, by id and by status")
    func search() async throws {
        let pool = try await freshPool()
        try await accounts(
            ["ann@example.com", "anna@example.com", "a_n@example.com", "a%n@example.com", "bo@example.com"],
            banned: ["anna@example.com"], on: pool)
        #expect(try await emails("ANN", on: pool).sorted() == ["ann@example.com", "anna@example.com"])
        #expect(try await emails("ann", .banned, on: pool) == ["anna@example.com"])
        #expect(try await emails(nil, .banned, on: pool) == ["anna@example.com"])
        #expect(try await emails(nil, .active, on: pool).count == 4)
        // Characters with a meaning in LIKE.
        #expect(try await emails("a_n", on: pool) == ["a_n@example.com"])
        #expect(try await emails("a%", on: pool) == ["a%n@example.com"])
        #expect(try await emails("a%\u{301}", on: pool).isEmpty)
        for text in ["\\", "'; --"] { #expect(try await emails(text, on: pool).isEmpty) }
        let address = try #require(EmailAddress("anna@example.com"))
        let anna = try #require(try await UserReads(pool).id(of: address))
        #expect(try await emails("\(anna)".uppercased(), on: pool) == ["anna@example.com"])
        let account = try await UserReads(pool).account(anna)
        #expect(account?.banReason == "fraud" && account?.sessions == 0)
        #expect(try await UserReads(pool).emails(of: [anna, .new()]) == [anna: "anna@example.com"])
    }

    @Test("Pages of accounts contain each account once, even if accounts have the same time")
    func pages() async throws {
        let pool = try await freshPool()
        let all = (0..<11).map { "user\($0)@example.com" }
        try await accounts(all, on: pool)
        var (seen, cursor): ([String], ListCursor?) = ([], nil)
        while seen.count <= all.count {
            let page = try await UserReads(pool)
                .accounts(AccountSearch(text: "user", status: nil), after: cursor, limit: 3)
            guard let last = page.last else { break }
            seen += page.map(\.email)
            cursor = ListCursor(createdAt: last.createdAt, id: last.id.uuid)
        }
        #expect(seen.count == all.count && Set(seen) == Set(all))
        #expect(seen.first?.hasPrefix("user0") == true)
    }

    @Test("Searches for a prefix, the newest and banned accounts use an index")
    func plans() async throws {
        let pool = try await freshPool()
        func plan(_ sql: SQL) async throws -> String {
            try await pool.query(sql).decode(String.self).joined(separator: "\n")
        }
        try await pool.execute(
            """
            INSERT INTO users.users (id, email, password_hash, status, version, created_at, updated_at)
            SELECT gen_random_uuid(), 'user' || n || '@example.com', 'hash',
                CASE WHEN n % 1000 = 0 THEN 'banned' ELSE 'active' END, 1,
                now() - n * interval '1 minute', now()
            FROM generate_series(1, 20000) AS n
            """)
        try await pool.execute("ANALYZE users.users")
        let order: SQL = "ORDER BY created_at DESC, id DESC LIMIT 21"
        #expect(try await plan("EXPLAIN SELECT id FROM users.users \(order)").contains("users_newest"))
        #expect(
            try await plan("EXPLAIN SELECT id FROM users.users WHERE email LIKE 'user1234%' \(order)")
                .contains("Index Cond: ((email"))
        #expect(
            try await plan("EXPLAIN SELECT id FROM users.users WHERE status = 'banned' \(order)")
                .contains("Index Scan using users_banned"))
    }

    @Test("Orders are found by status, buyer, listing and id")
    func orders() async throws {
        let pool = try await freshPool()
        let (buyers, listings) = ([UserID.new(), .new()], [ListingID.new(), .new()])
        var ids: [OrderID] = []
        for number in 0..<8 {
            let (id, at) = (OrderID.new(), Self.start + .seconds(Int64(number / 2)))
            let status = number < 6 ? "cancelled" : "refunded"
            try await pool.execute(
                """
                INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, quantity, price, total, currency, status,
                    reason, attempt, expires_at, created_at, updated_at, version)
                VALUES (\(id), \(buyers[number % 2]), \(listings[number / 4]), 'A concert', 1, 100, 100, 'USD', \(status),
                    \(number < 6 ? "expired" : nil), 1, \(at), \(at), \(at), 1)
                """)
            ids.append(id)
        }
        let reads = OrderReads(pool)
        func search(_ subject: OrderSearch.Subject?, _ status: OrderState.Status? = nil) async throws -> Set<OrderID> {
            try await Set(
                reads.orders(OrderSearch(subject: subject, status: status), after: nil, limit: 50).map(\.id))
        }
        #expect(try await search(nil) == Set(ids))
        #expect(try await search(nil, .refunded) == Set(ids[6...]))
        #expect(try await search(nil, .complete) == [])
        #expect(try await search(.buyer(buyers[0])) == Set(stride(from: 0, to: 8, by: 2).map { ids[$0] }))
        #expect(try await search(.any(buyers[1].uuid), .refunded) == [ids[7]])
        #expect(try await search(.any(listings[0].uuid)) == Set(ids[..<4]))
        #expect(try await search(.any(ids[3].uuid)) == [ids[3]])
        #expect(try await search(.any(UUID())) == [])
        var (seen, cursor): ([OrderID], ListCursor?) = ([], nil)
        while let page = try? await reads.orders(OrderSearch(), after: cursor, limit: 3), let last = page.last {
            seen += page.map(\.id)
            cursor = ListCursor(createdAt: last.createdAt, id: last.id.uuid)
        }
        #expect(seen.count == 8 && Set(seen) == Set(ids) && Set(seen.prefix(2)) == Set(ids[6...]))
    }
}
