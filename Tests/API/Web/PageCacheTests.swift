import CurlClient
import Foundation
import Marketplace
import PostgresClient
import Support
import Testing

@testable import API

/// A cached response is reused only while rendering it again would give the same result.
@Suite(.timeLimit(.minutes(2))) struct PageCacheTests {
    @Test func cachedPagesAreAsFreshAsTheDatabase() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let pool = PostgresPool(try PostgresConfiguration(url: try #require(api.environment["DATABASE_URL"])), size: 1)
        let id = UUID().uuidString.lowercased()
        try await pool.execute(
            """
            INSERT INTO tickets.tickets (id, seller_id, title, price, currency, quantity, withdrawn, version, starts_at,
                time_zone, created_at, updated_at)
            VALUES (\(try #require(UUID(uuidString: id))), gen_random_uuid(), 'Radio Nord', 4500, 'EUR', 9, false, 1,
                now() + interval '1 year', 'Europe/Berlin', now(), now())
            """)
        let anybody = TestUser.browser(at: api)
        func page(_ headers: [String: String] = [:], query: String = "") async throws -> String {
            try await anybody.visit("/tickets/\(id)\(query)", headers: headers).expect(200).text
        }
        func texts() async throws -> [String] {
            [
                try await page(), try await anybody.visit("/").expect(200).text,
                try await anybody.get("/api/tickets/\(id)").expect(200).text,
                try await anybody.get("/api/tickets").expect(200).text,
            ]
        }

        let first = try await texts()
        #expect(first.allSatisfy { $0.contains("Radio Nord") })
        #expect(try await texts() == first)
        #expect(first[0].contains("9 left") && first[1].contains("9 left"))
        #expect(first[2].contains("\"available\":9") && first[3].contains("\"available\":9"))

        // The counters change without a new version.
        try await pool.execute("UPDATE tickets.tickets SET held = 2")
        let held = try await texts()
        #expect(held[0].contains("7 left") && held[1].contains("7 left"))
        #expect(held[2].contains("\"available\":7") && held[3].contains("\"available\":7"))
        try await pool.execute("UPDATE tickets.tickets SET held = 0, price = 5000")
        let dearer = try await texts()
        #expect(dearer[0].contains("50.00") && dearer[1].contains("50.00") && !dearer[0].contains("45.00"))

        // Each region, each time zone and each query has its own cached page.
        #expect(try await page(["Accept-Language": "de"]).contains("50,00"))
        #expect(try await page(["Cookie": "tz=Asia%2FTokyo"]) != dearer[0])
        #expect(try await page(query: "?a=b").contains("%3Fa%3Db"))
        let packed = try await anybody.visit("/tickets/\(id)", headers: ["Accept-Encoding": "gzip"]).expect(200)
        #expect(packed[header: "Content-Encoding"] == "gzip" && packed.response.body.count < dearer[0].utf8.count / 2)
        #expect(try await page() == dearer[0])

        // Each form has its own key.
        let fan = try await TestUser.signUp(at: api)
        let keys = try await [
            fan.form("/tickets/\(id)", to: "/tickets/\(id)/orders")["key"],
            fan.form("/tickets/\(id)", to: "/tickets/\(id)/orders")["key"],
        ]
        #expect(keys[0] != nil && keys[1] != nil && keys[0] != keys[1])
        #expect(try await page() == dearer[0])

        // Nothing is written to the database when the show starts, but the page must change.
        try await pool.execute("UPDATE tickets.tickets SET starts_at = now() + interval '50 milliseconds'")
        while !(try await page().contains("This event has started")) {}
        #expect(try await texts()[1].contains("No tickets are on sale right now."))

        try await pool.execute("DELETE FROM tickets.tickets")
        for path in ["/tickets/\(id)", "/api/tickets/\(id)"] { _ = try await anybody.get(path).expect(404) }
        try await api.stop()
    }
}
