import Support
import Testing

extension Journeys {
    @Suite(.serialized)
    struct ReadableTests {
        /// Each stream is looked at while its readers do not run yet.
        @Test("XRANGE on each stream is readable by a person")
        func readable() async throws {
            try await System.run([.api: 1, .users: 1], settings: ["COMMAND_WAIT_SECONDS": "1"]) { system in
                let seller = try await Person.signUp("seller", in: system.browser())
                let buyer = try await Person.signUp("buyer", in: system.browser())
                try await shows("events:{users}", ["UserCreated", seller.id, #""status":"active""#], in: system)

                try await seller.browser.post(
                    "/api/tickets", ["title": "Grüße aus München", "price": 100, "currency": "EUR", "quantity": 2],
                    headers: ["Prefer": "respond-async"]
                ).expect(202)
                try await shows(
                    "commands:{tickets}", ["CreateTicket", seller.id, "Grüße aus München"], in: system)
                try await system.add(.tickets)
                try await shows("events:{tickets}", ["TicketCreated", "Grüße aus München"], in: system)

                let ticket = try await eventually("the ticket is listed") {
                    try await system.browser().get("/api/tickets").json[0]["id"].string
                }
                try await system.add(.orders)
                let order = try await buyer.ordered(ticket)
                try await shows("events:{orders}", ["OrderCreated", order, buyer.id, "awaiting_payment"], in: system)

                try await buyer.browser.post(
                    "/api/payments", ["orderId": .string(order)], headers: ["Prefer": "respond-async"]
                ).expect(202)
                try await shows("commands:{payments}", ["StartPayment", order, buyer.id], in: system)
            }
        }

        /// redis-cli prints a byte that no person can read as `\x00` when asked for quoted strings; plain, as it is.
        private func shows(_ stream: String, _ parts: [String], in system: System) async throws {
            let text = try await eventually("there is something in \(stream)") {
                let text = try await system.redis.command("XRANGE", "gittix:\(stream)", "-", "+")
                return text.contains(parts[0]) ? text : nil
            }
            for part in parts { #expect(text.contains(part), "\(part) in \(text)") }
            #expect(!text.contains("\u{fffd}"))
            #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 }, "\(text)")
        }
    }
}
