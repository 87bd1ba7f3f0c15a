import Support
import Testing

extension Journeys {
    @Suite(.serialized)
    struct ReadableStreamTests {
        /// Each stream is read before all its readers have started, so its entries are still there.
        @Test("XRANGE shows readable text for each stream")
        func streamsAreReadableText() async throws {
            try await SystemHarness.run([.api: 1, .users: 1], settings: ["COMMAND_WAIT_SECONDS": "1"]) { system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let buyer = try await TestUser.signUp("buyer", in: system.browser())
                try await expectReadable(
                    "events:{users}", containing: ["UserCreated", seller.id, #""status":"active""#], in: system)

                try await seller.browser.post(
                    "/api/tickets", TestUser.listing("Grüße aus München", price: 4500, quantity: 2),
                    headers: ["Prefer": "respond-async"]
                ).expect(202)
                try await expectReadable(
                    "commands:{tickets}", containing: ["CreateTicket", seller.id, "Grüße aus München"], in: system)
                try await system.add(.tickets)
                try await expectReadable(
                    "events:{tickets}", containing: ["TicketCreated", "Grüße aus München"], in: system)

                let listing = try await eventually("the listing exists") {
                    try await system.browser().get("/api/tickets").json[0]["id"].string
                }
                try await system.add(.orders)
                let order = try await buyer.createOrder(listing)
                try await expectReadable(
                    "events:{orders}", containing: ["OrderCreated", order, buyer.id, "awaiting_payment"], in: system)

                try await buyer.browser.post(
                    "/api/payments", ["orderId": .string(order)], headers: ["Prefer": "respond-async"]
                ).expect(202)
                try await expectReadable(
                    "commands:{payments}", containing: ["StartPayment", order, buyer.id], in: system)
            }
        }

        /// Checks the unquoted output of redis-cli, which contains unprintable bytes unescaped.
        private func expectReadable(_ stream: String, containing parts: [String], in system: SystemHarness) async throws
        {
            let text = try await eventually("\(stream) contains \(parts[0])") {
                let text = try await system.redis.command("XRANGE", "gittix:\(stream)", "-", "+")
                return text.contains(parts[0]) ? text : nil
            }
            for part in parts { #expect(text.contains(part), "\(part) in \(text)") }
            #expect(!text.contains("\u{fffd}"))
            #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 }, "\(text)")
        }
    }
}
