import Support
import Testing

/// A complete user journey over HTTP: sign-up, a listing, orders, a payment, an expiry and a cancellation.
struct Journey {
    /// Values that must appear only in requests and responses.
    struct Secrets: Sendable {
        var passwords: [String] = []
        var cookies: Set<String> = []
        let card = SandboxPage.Card.good.rawValue
    }

    let makeBrowser: () -> TestBrowser
    /// Maximum wait for an order to expire. Must exceed the hold time.
    var maxHold: Duration = .seconds(120)

    func run() async throws -> Secrets {
        let seller = try await TestUser.signUp("seller", in: makeBrowser())
        let buyer = try await TestUser.signUp("buyer", in: makeBrowser())
        let idler = try await TestUser.signUp("idler", in: makeBrowser())
        let late = try await TestUser.signUp("late", in: makeBrowser())
        try await checkSignOutAndIn(buyer)

        let listing = try await seller.createListing("Two nights in the front row", price: 4500, quantity: 3)
        try await checkAvailable(listing, available: 3)

        log("One buyer orders two of three units, another holds the third, and a third buyer is refused")
        let bought = try await buyer.browser.post(
            "/api/orders", ["ticketId": .string(listing), "quantity": 2, "price": 4500]
        ).expect(201).json
        #expect(bought["status"] == "awaiting_payment")
        #expect(bought["total"] == 9000)
        #expect(bought["ticket"]["id"] == .string(listing))
        let boughtID = try #require(bought["id"].string)
        let idle = try await idler.createOrder(listing)
        let idleCheckout = try await idler.checkOut(idle)
        try await late.postOrder(listing).expect(409)

        log("The buyer pays on the hosted page")
        let checkout = try await buyer.checkOut(boughtID)
        #expect(try await buyer.checkOut(boughtID) == checkout, "a second payment page was created")
        try await buyer.pay(checkout)
        let paid = try await buyer.waitForStatus("complete", of: boughtID)
        #expect(paid["quantity"] == 2)
        try await checkAvailable(listing, available: 0)
        try await buyer.browser.delete("/api/orders/\(boughtID)").expect(409)
        try await seller.browser.get("/api/orders/\(boughtID)").expect(403)

        log("The unpaid order expires")
        try await checkExpiry(idle, of: idler, page: idleCheckout)
        try await checkAvailable(listing, available: 1)

        log("Two concurrent requests with one Idempotency-Key create one order, which is cancelled")
        let cancelled = try await orderTwiceWithOneKey(listing, late)
        let cancelledCheckout = try await late.checkOut(cancelled)
        try await late.browser.delete("/api/orders/\(cancelled)").expect(204)
        #expect(try await late.fetchOrder(cancelled)["reason"] == "cancelled_by_buyer")
        try await checkClosed(cancelledCheckout, for: late)
        try await checkAvailable(listing, available: 1)

        log("The released unit is sold")
        let last = try await late.createOrder(listing)
        try await late.pay(late.checkOut(last))
        try await late.waitForStatus("complete", of: last)
        try await checkAvailable(listing, available: 0)
        try await idler.postOrder(listing).expect(409)

        try await buyer.browser.post("/api/users/signout").expect(200)
        try await buyer.browser.get("/api/orders").expect(401)

        let users = [seller, buyer, idler, late]
        return Secrets(
            passwords: users.map(\.password),
            cookies: users.reduce(into: []) { $0.formUnion($1.browser.everyCookieValue) })
    }

    // MARK: Steps

    private func checkSignOutAndIn(_ user: TestUser) async throws {
        #expect(try await user.currentUser() == user.id)
        try await user.browser.post("/api/users/signout").expect(200)
        #expect(try await user.currentUser() == nil)
        try await user.signIn().expect(200)
        #expect(try await user.currentUser() == user.id)
    }

    /// Waits until the listing shows the count, because counts are updated by events.
    private func checkAvailable(_ listing: String, available: Int) async throws {
        let browser = makeBrowser()
        try await eventually("\(available) units of the listing are available") {
            try await browser.get("/api/tickets/\(listing)").expect(200).json["available"].int == available
        }
        // The list omits listings without an available unit.
        let list = try await browser.get("/api/tickets").expect(200).json.items
        #expect(list.contains { $0["id"] == .string(listing) } == (available > 0))
    }

    private func checkExpiry(_ order: String, of user: TestUser, page: Checkout) async throws {
        let until = try #require(try await user.fetchOrder(order)["expiresAt"].string)
        let expired = try await eventually(
            "the order that is held until \(until) expires (start the system with a HOLD_SECONDS of a few seconds)",
            within: maxHold, every: .milliseconds(200)
        ) {
            let current = try await user.fetchOrder(order)
            return current["status"] == "cancelled" ? current : nil
        }
        #expect(expired["reason"] == "expired")
        try await checkClosed(page, for: user)
    }

    /// Waits until the payment page no longer accepts cards.
    private func checkClosed(_ page: Checkout, for user: TestUser) async throws {
        try await eventually("the session \(page.id) at the sandbox is expired") {
            try await SandboxPage(page.url, in: user.browser).open().text.contains("expired")
        }
    }

    private func orderTwiceWithOneKey(_ listing: String, _ user: TestUser) async throws -> String {
        let key = "journey-\(UInt64.random(in: 0...(.max)))"
        async let one = user.postOrder(listing, key: key)
        async let other = user.postOrder(listing, key: key)
        let responses = try await [one.expect(201), other.expect(201)]
        #expect(responses[0].json["id"] == responses[1].json["id"])
        try await user.postOrder(listing, quantity: 2, key: key).expect(422)
        let orders = try await user.browser.get("/api/orders").expect(200).json.items
        #expect(orders.count == 1)
        return try #require(responses[0].json["id"].string)
    }

    private func log(_ line: String) { print("journey: \(line)") }
}
