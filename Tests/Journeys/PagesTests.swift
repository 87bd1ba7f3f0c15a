import Support
import Testing

extension Journeys {
    /// The pages and forms in a browser without scripts.
    @Suite(.serialized)
    struct PagesTests {
        @Test("Forms alone list, hold, pay and complete an order, and another hold expires")
        func formsWorkWithoutScripts() async throws {
            try await SystemHarness.run(.small, settings: ["HOLD_SECONDS": "6"]) { system in
                let seller = try await signUp(in: system.browser())
                let buyer = try await signUp(in: system.browser())
                let listing = try await createListing(seller, price: "45.00")

                print("pages: a hold expires")
                let idle = try await hold(listing, by: buyer)
                let openPage = try await buyer.visit(idle).expect(200)
                let expired = try await waitForStatus("cancelled", of: idle, buyer)
                #expect(expired.text.contains("Your time to pay ran out"))
                // The pay button of the outdated page redirects to the cancelled order.
                let late = try #require(HTMLForm(openPage.text, to: idle + "/pay"))
                #expect(try await buyer.send(late).expect(303)[header: "Location"] == idle)

                print("pages: a hold is paid")
                let order = try await hold(listing, by: buyer)
                let pay = try #require(HTMLForm(try await buyer.visit(order).text, to: order + "/pay"))
                let responses = try await concurrently(2) { _ in try await buyer.send(pay).expect(303) }
                let page = try #require(responses[0][header: "Location"])
                #expect(page.hasPrefix(system.sandbox.origin) && responses[1][header: "Location"] == page)
                // Without scripts, the order page refreshes itself while the order can be paid.
                #expect(try await buyer.visit(order).text.contains("<noscript><meta http-equiv=\"refresh\""))
                let redirect = try await SandboxPage(page, in: buyer).pay()
                #expect(redirect.hasSuffix("\(order)?paid=1"))
                _ = try await buyer.visit("\(order)?paid=1").expect(200)
                let complete = try await waitForStatus("complete", of: order, buyer)
                #expect(complete.text.contains("is yours") && !complete.text.contains("http-equiv=\"refresh\""))
                #expect(try await buyer.send(pay).expect(303)[header: "Location"] == order)
                #expect(try await buyer.visit(order + "/cancel").expect(303)[header: "Location"] == order)
                try await eventually("the seller's page shows the sale") {
                    try await seller.visit("/listings").expect(200).text.contains("1 sold,")
                }

                print("pages: a price below the smallest card payment")
                let refused = try await seller.send(sellForm(seller, price: "0.10")).expect(400)
                #expect(refused.text.contains("must be at least"))
            }
        }

        private func signUp(in browser: TestBrowser) async throws -> TestBrowser {
            let form = try #require(HTMLForm(try await browser.visit("/signup").expect(200).text, having: "password"))
            let email = "fan-\(UInt64.random(in: 0...(.max)))@example.com"
            _ = try await browser.send(form.filled(["email": email, "password": "correct horse battery"])).expect(303)
            return browser
        }

        private func createListing(_ browser: TestBrowser, price: String) async throws -> String {
            let form = try await sellForm(browser, price: price)
            return try #require(try await browser.send(form).expect(303)[header: "Location"])
        }

        private func sellForm(_ browser: TestBrowser, price: String) async throws -> HTMLForm {
            let form = try #require(HTMLForm(try await browser.visit("/sell").expect(200).text, to: "/sell"))
            return form.filled([
                "title": "Radio Nord", "venue": "Tempodrom", "city": "Berlin", "startsAt": "2099-05-31T20:00",
                "timeZone": "Europe/Berlin", "price": price, "currency": "EUR", "quantity": "1",
            ])
        }

        private func hold(_ listing: String, by browser: TestBrowser) async throws -> String {
            let page = try await browser.visit(listing).expect(200)
            let form = try #require(HTMLForm(page.text, to: listing + "/orders"), "\(page)")
            #expect(form["price"] == "4500")
            return try #require(try await browser.send(form).expect(303)[header: "Location"])
        }

        private func waitForStatus(_ status: String, of order: String, _ browser: TestBrowser) async throws
            -> TestResponse
        {
            try await eventually("\(order) is \(status)", within: .seconds(20), every: .milliseconds(200)) {
                let page = try await browser.visit(order).expect(200)
                return page.text.contains("data-status=\"\(status)\"") ? page : nil
            }
        }
    }
}
