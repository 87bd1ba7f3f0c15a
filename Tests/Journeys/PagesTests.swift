import Support
import Testing

extension Journeys {
    /// What a fan does by pages and forms alone, in a browser that runs no script.
    @Suite(.serialized)
    struct PagesTests {
        @Test("A ticket is sold, held, paid and complete by forms alone; another hold runs out")
        func noScript() async throws {
            try await System.run(.small, settings: ["HOLD_SECONDS": "6"]) { system in
                let seller = try await signUp(in: system.browser())
                let buyer = try await signUp(in: system.browser())
                let ticket = try await sells(seller, price: "45.00")

                print("pages: a hold runs out")
                let idle = try await holds(buyer, ticket)
                let left = try await buyer.visit(idle).expect(200)
                let expired = try await becomes("cancelled", idle, buyer)
                #expect(expired.text.contains("The hold ran out"))
                // Its page was left open: the button leads to what has become of it.
                let late = try #require(HTMLForm(left.text, to: idle + "/pay"))
                #expect(try await buyer.send(late).expect(303)[header: "Location"] == idle)

                print("pages: a hold is paid")
                let order = try await holds(buyer, ticket)
                let pay = try #require(HTMLForm(try await buyer.visit(order).text, to: order + "/pay"))
                let answers = try await concurrently(2) { _ in try await buyer.send(pay).expect(303) }
                let page = try #require(answers[0][header: "Location"])
                #expect(page.hasPrefix(system.sandbox.origin) && answers[1][header: "Location"] == page)
                // Where no script runs, the order's page looks again by itself while it may be paid elsewhere.
                #expect(try await buyer.visit(order).text.contains("<noscript><meta http-equiv=\"refresh\""))
                let back = try await SandboxPage(page, in: buyer).pay()
                #expect(back.hasSuffix("\(order)?paid=1"))
                _ = try await buyer.visit("\(order)?paid=1").expect(200)
                let complete = try await becomes("complete", order, buyer)
                #expect(complete.text.contains("is yours") && !complete.text.contains("http-equiv=\"refresh\""))
                #expect(try await buyer.send(pay).expect(303)[header: "Location"] == order)
                #expect(try await buyer.visit(order + "/cancel").expect(303)[header: "Location"] == order)
                try await eventually("the seller sees what is sold") {
                    try await seller.visit("/listings").expect(200).text.contains("1 sold,")
                }

                print("pages: an amount that the payment provider does not take")
                let cheap = try await holds(buyer, try await sells(seller, price: "0.10"), price: "10")
                let small = try #require(HTMLForm(try await buyer.visit(cheap).text, to: cheap + "/pay"))
                let refused = try await buyer.send(small).expect(409)
                #expect(refused.text.contains("too small to pay") && refused.text.contains("href=\"\(cheap)\""))
            }
        }

        private func signUp(in browser: Browserless) async throws -> Browserless {
            let form = try #require(HTMLForm(try await browser.visit("/signup").expect(200).text, having: "password"))
            let email = "fan-\(UInt64.random(in: 0...(.max)))@example.com"
            _ = try await browser.send(form.filled(["email": email, "password": "correct horse battery"])).expect(303)
            return browser
        }

        private func sells(_ browser: Browserless, price: String) async throws -> String {
            let form = try #require(HTMLForm(try await browser.visit("/sell").expect(200).text, to: "/sell"))
            let filled = form.filled([
                "title": "Radio Nord", "venue": "Tempodrom", "city": "Berlin", "startsAt": "2099-05-31T20:00",
                "timeZone": "Europe/Berlin", "price": price, "currency": "EUR", "quantity": "1",
            ])
            return try #require(try await browser.send(filled).expect(303)[header: "Location"])
        }

        private func holds(_ browser: Browserless, _ ticket: String, price: String = "4500") async throws -> String {
            let page = try await browser.visit(ticket).expect(200)
            let form = try #require(HTMLForm(page.text, to: ticket + "/orders"), "\(page)")
            #expect(form["price"] == price)
            return try #require(try await browser.send(form).expect(303)[header: "Location"])
        }

        /// Looks again and again, as a person would.
        private func becomes(_ status: String, _ order: String, _ browser: Browserless) async throws -> HTTPAnswer {
            try await eventually("\(order) is \(status)", within: .seconds(20), every: .milliseconds(200)) {
                let page = try await browser.visit(order).expect(200)
                return page.text.contains("data-status=\"\(status)\"") ? page : nil
            }
        }
    }
}
