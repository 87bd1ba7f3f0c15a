import Support
import Testing

/// A fan sells a ticket and others buy it, over HTTP alone: what a newcomer would try, in one go.
struct Journey {
    /// What must stand nowhere but in requests and answers.
    struct Secrets: Sendable {
        var passwords: [String] = []
        var cookies: Set<String> = []
        let card = SandboxPage.Card.good.rawValue
    }

    let makeBrowser: () -> Browserless
    /// Longer than the hold of an order, which the journey sits out.
    var longestHold: Duration = .seconds(120)

    func run() async throws -> Secrets {
        let seller = try await Person.signUp("seller", in: makeBrowser())
        let buyer = try await Person.signUp("buyer", in: makeBrowser())
        let idler = try await Person.signUp("idler", in: makeBrowser())
        let late = try await Person.signUp("late", in: makeBrowser())
        try await signsOutAndIn(buyer)

        let ticket = try await seller.list("Two nights in the front row", price: 4500, quantity: 3)
        try await shows(ticket, available: 3)

        say("a buyer orders two of three, another holds the third, a third one comes too late")
        let bought = try await buyer.browser.post(
            "/api/orders", ["ticketId": .string(ticket), "quantity": 2, "price": 4500]
        ).expect(201).json
        #expect(bought["status"] == "awaiting_payment")
        #expect(bought["total"] == 9000)
        #expect(bought["ticket"]["id"] == .string(ticket))
        let boughtID = try #require(bought["id"].string)
        let idle = try await idler.ordered(ticket)
        let idleCheckout = try await idler.checkOut(idle)
        try await late.triesToOrder(ticket).expect(409)

        say("the buyer pays on the hosted page")
        let checkout = try await buyer.checkOut(boughtID)
        #expect(try await buyer.checkOut(boughtID) == checkout, "the same order has the same page")
        try await buyer.pay(checkout)
        let paid = try await buyer.waits(for: "complete", of: boughtID)
        #expect(paid["quantity"] == 2)
        try await shows(ticket, available: 0)
        try await buyer.browser.delete("/api/orders/\(boughtID)").expect(409)
        try await seller.browser.get("/api/orders/\(boughtID)").expect(403)

        say("the order left alone expires")
        try await expires(idle, of: idler, page: idleCheckout)
        try await shows(ticket, available: 1)

        say("one Idempotency-Key, sent twice at once, makes one order; it is cancelled")
        let cancelled = try await ordersOnce(ticket, late)
        let cancelledCheckout = try await late.checkOut(cancelled)
        try await late.browser.delete("/api/orders/\(cancelled)").expect(204)
        #expect(try await late.look(at: cancelled)["reason"] == "cancelled_by_buyer")
        try await isClosed(cancelledCheckout, for: late)
        try await shows(ticket, available: 1)

        say("its unit is sold after all")
        let last = try await late.ordered(ticket)
        try await late.pay(late.checkOut(last))
        try await late.waits(for: "complete", of: last)
        try await shows(ticket, available: 0)
        try await idler.triesToOrder(ticket).expect(409)

        try await buyer.browser.post("/api/users/signout").expect(200)
        try await buyer.browser.get("/api/orders").expect(401)

        let people = [seller, buyer, idler, late]
        return Secrets(
            passwords: people.map(\.password),
            cookies: people.reduce(into: []) { $0.formUnion($1.browser.everyCookieValue) })
    }

    // MARK: Steps

    private func signsOutAndIn(_ person: Person) async throws {
        #expect(try await person.currentUser() == person.id)
        try await person.browser.post("/api/users/signout").expect(200)
        #expect(try await person.currentUser() == nil)
        try await person.signIn().expect(200)
        #expect(try await person.currentUser() == person.id)
    }

    /// The counts follow by events, a moment later.
    private func shows(_ ticket: String, available: Int) async throws {
        let browser = makeBrowser()
        try await eventually("\(available) of the ticket are available") {
            try await browser.get("/api/tickets/\(ticket)").expect(200).json["available"].int == available
        }
        // What is sold out or held is not on sale.
        let list = try await browser.get("/api/tickets").expect(200).json.items
        #expect(list.contains { $0["id"] == .string(ticket) } == (available > 0))
    }

    private func expires(_ order: String, of person: Person, page: Checkout) async throws {
        let until = try #require(try await person.look(at: order)["expiresAt"].string)
        let dead = try await eventually(
            "the order that is held until \(until) expires (start the system with a HOLD_SECONDS of some seconds)",
            within: longestHold, every: .milliseconds(200)
        ) {
            let seen = try await person.look(at: order)
            return seen["status"] == "cancelled" ? seen : nil
        }
        #expect(dead["reason"] == "expired")
        try await isClosed(page, for: person)
    }

    /// The hosted page takes no card any more.
    private func isClosed(_ page: Checkout, for person: Person) async throws {
        try await eventually("the session \(page.id) at the sandbox is expired") {
            try await SandboxPage(page.url, in: person.browser).look().text.contains("expired")
        }
    }

    private func ordersOnce(_ ticket: String, _ person: Person) async throws -> String {
        let key = "journey-\(UInt64.random(in: 0...(.max)))"
        async let one = person.triesToOrder(ticket, key: key)
        async let other = person.triesToOrder(ticket, key: key)
        let answers = try await [one.expect(201), other.expect(201)]
        #expect(answers[0].json["id"] == answers[1].json["id"])
        try await person.triesToOrder(ticket, quantity: 2, key: key).expect(422)
        let orders = try await person.browser.get("/api/orders").expect(200).json.items
        #expect(orders.count == 1)
        return try #require(answers[0].json["id"].string)
    }

    private func say(_ line: String) { print("journey: \(line)") }
}
