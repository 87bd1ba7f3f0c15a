import CurlClient
import Foundation
import Marketplace
import Support
import Testing

/// A whole system whose database is restored from a backup, while Redis and Stripe keep newer data.
@Suite(.timeLimit(.minutes(5)))
struct RestoreTests {
    @Test func `after a restore the system continues and lost payments are undone`() async throws {
        try await SystemHarness.run(settings: ["RECONCILE_SECONDS": "1"]) { system in
            let shop = try await Shop(system)
            let first = try await shop.order(6)
            // The running system has no damage.
            async let busy = shop.order(12)
            let healthy = try await doctor(system, "--confirm-after", "1")
            #expect(healthy.status == 0, "\(healthy.output)")
            #expect(try await busy.count == 12)

            let backup = NSTemporaryDirectory() + "gittix-backup-\(UUID().uuidString).sql"
            defer { try? FileManager.default.removeItem(atPath: backup) }
            try await Tool.run("pg_dump", ["-f", backup, system.database.url])
            let lost = try await shop.order(4)
            let page = try await shop.checkOut(lost[0])
            let paid = try await shop.checkOut(first[0])
            try await shop.pay(paid, for: first[0])
            try await shop.changePrice(to: 4700)
            try await eventually("all events are published") {
                try await system.redis.command("XINFO", "STREAM", "gittix:events:{orders}").contains("24-0")
            }

            let workers = try #require(system.processes(.all).first)
            try await workers.process.killAndWait()
            try await #require(system.processes(.api).first).process.killAndWait()
            try await system.database.execute("DROP SCHEMA users, tickets, orders, payments, catalogue, gittix CASCADE")
            try await Tool.run(
                "psql", ["-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-f", backup, system.database.url])
            let second = try await system.add(.all)
            try await second.process.waitForOutput("was the database restored from a backup", within: .seconds(20))

            let refused = try await doctor(system, "--fix", "--confirm-after", "0")
            #expect(refused.status == 1 && refused.output.contains("gittix pause all"), "\(refused.output)")
            try await system.gittix("pause", "all")
            var output = refused.output
            try await eventually("the doctor has repaired it", within: .seconds(20), every: .milliseconds(300)) {
                let result = try await doctor(system, "--fix", "--confirm-after", "0")
                output += result.output + "\n"
                return result.status == 0
            }
            #expect(output.contains("the stream is rebuilt"), "\(output)")
            #expect(output.contains("payments has adopted it, and undoes it"), "\(output)")
            try await system.gittix("resume", "all")

            try await eventually("the page of the lost order is closed", within: .seconds(20)) {
                try await system.stripe("/v1/checkout/sessions/\(page.id)")["status"] == "expired"
            }
            // The buyer has paid, and the hold has not ended. The restored database lacks the payment.
            #expect(output.contains("handles it as the order requires"), "\(output)")
            try await system.add(.api)
            try await shop.waits(for: "complete", of: first[0])
            let intent = try await system.stripe("/v1/checkout/sessions/\(paid.id)?expand[0]=payment_intent")
            #expect(intent["payment_intent"]["amount_received"] == 4500)
            #expect(try await shop.order(3).count == 3)
            try await eventually("all events are handled, and nothing is damaged", every: .milliseconds(300)) {
                let handled = try await system.database.count(
                    """
                    SELECT count(*) FROM orders.orders JOIN payments.orders AS copy USING (id, version)
                    JOIN tickets.orders AS counted ON counted.order_id = id AND counted.version = copy.version
                    """)
                guard handled == 21 else { return false }
                return try await doctor(system, "--confirm-after", "0").status == 0
            }
        }
    }

    private func doctor(_ system: SystemHarness, _ words: String...) async throws -> (status: Int32, output: String) {
        let process = try await ProductProcess.start(
            "gittix", ["doctor"] + words, environment: system.settings, ready: nil)
        guard case .exit(let status) = try await process.waitForExit() else { throw SupportError(process.output) }
        return (status, process.output)
    }
}

/// A seller with a listing, and a buyer.
private struct Shop {
    let system: SystemHarness
    let seller: TestBrowser
    let buyer: TestBrowser
    let ticket: String

    init(_ system: SystemHarness) async throws {
        self.system = system
        (seller, buyer) = (system.browser(), system.browser())
        let nonce = UInt64.random(in: 0...(.max))
        for (browser, name) in [(seller, "seller"), (buyer, "buyer")] {
            try await browser.post(
                "/api/users/signup",
                ["email": .string("\(name)-\(nonce)@example.com"), "password": "a password of the test"]
            ).expect(201)
        }
        let listing = try await seller.post(
            "/api/tickets",
            [
                "title": "A ticket", "price": 4500, "currency": "EUR", "quantity": 100, "venue": "Tempodrom",
                "city": "Berlin", "startsAt": "2099-05-31T20:00:00+02:00", "timeZone": "Europe/Berlin",
            ]
        ).expect(201)
        ticket = try #require(listing.json["id"].string)
    }

    @discardableResult
    func order(_ count: Int) async throws -> [String] {
        var orders: [String] = []
        for _ in 0..<count {
            let response = try await browser.post("/api/orders", ["ticketId": .string(ticket), "price": 4500]).expect(
                201)
            orders.append(try #require(response.json["id"].string))
        }
        return orders
    }

    /// The buyer's browser, with the processes that run now.
    private var browser: TestBrowser { buyer.copy(origins: system.origins) }

    /// Starts a payment. Returns the session's id and the page's URL.
    func checkOut(_ order: String) async throws -> (id: String, url: String) {
        let page = try await browser.post("/api/payments", ["orderId": .string(order)]).expect(201).json
        return (try #require(page["id"].string), try #require(page["url"].string))
    }

    func pay(_ page: (id: String, url: String), for order: String) async throws {
        try await SandboxPage(page.url, in: browser).pay()
        try await waits(for: "complete", of: order)
    }

    func waits(for status: JSON, of order: String) async throws {
        try await eventually("the order is \(status)", within: .seconds(20), every: .milliseconds(100)) {
            try await browser.get("/api/orders/\(order)").expect(200).json["status"] == status
        }
    }

    func changePrice(to price: Int64) async throws {
        try await seller.put(
            "/api/tickets/\(ticket)",
            ["title": "A ticket", "price": .int(price), "currency": "EUR", "quantity": 100]
        ).expect(200)
    }
}
