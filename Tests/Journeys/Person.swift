import Support

/// Someone with an account, and what they do on the site.
struct Person: Sendable {
    let browser: Browserless
    let email: String
    let password: String
    let id: String

    /// Makes an account; the browser is signed in then.
    static func signUp(_ name: String, in browser: Browserless) async throws -> Person {
        let email = "\(name)-\(UInt64.random(in: 0...(.max)))@example.com"
        let password = "secret \(UInt64.random(in: 0...(.max))) of \(name)"
        let answer = try await browser.post(
            "/api/users/signup", ["email": .string(email), "password": .string(password)]
        ).expect(201)
        guard let id = answer.json["id"].string else { throw SupportError("No user's id in \(answer)") }
        return Person(browser: browser, email: email, password: password, id: id)
    }

    /// - Parameter origins: The processes to ask, in turn; the browser's own when nil.
    func signIn(at origins: [String]? = nil) async throws -> HTTPAnswer {
        let browser = origins.map { self.browser.copy(origins: $0) } ?? browser
        return try await browser.post("/api/users/signin", ["email": .string(email), "password": .string(password)])
    }

    /// The user's id of whom the site takes this browser for; nil for nobody.
    func currentUser() async throws -> String? { try await Self.current(in: browser) }

    static func current(in browser: Browserless) async throws -> String? {
        try await browser.get("/api/users/currentuser").expect(200).json["currentUser"]["id"].string
    }

    /// Lists a ticket and returns its id.
    func list(_ title: String, price: Int64 = 4500, quantity: Int64 = 1) async throws -> String {
        let answer = try await browser.post(
            "/api/tickets",
            ["title": .string(title), "price": .int(price), "currency": "EUR", "quantity": .int(quantity)]
        ).expect(201)
        guard let id = answer.json["id"].string else { throw SupportError("No ticket's id in \(answer)") }
        return id
    }

    func triesToOrder(_ ticket: String, quantity: Int64 = 1, key: String? = nil) async throws -> HTTPAnswer {
        try await browser.post(
            "/api/orders", ["ticketId": .string(ticket), "quantity": .int(quantity)],
            headers: key.map { ["Idempotency-Key": $0] } ?? [:])
    }

    /// Orders, where that must succeed, and returns the order's id.
    func ordered(_ ticket: String, quantity: Int64 = 1) async throws -> String {
        let answer = try await triesToOrder(ticket, quantity: quantity).expect(201)
        guard let id = answer.json["id"].string else { throw SupportError("No order's id in \(answer)") }
        return id
    }

    func look(at order: String) async throws -> JSON {
        try await browser.get("/api/orders/\(order)").expect(200).json
    }

    /// Asks where to pay.
    func checkOut(_ order: String) async throws -> Checkout {
        let answer = try await browser.post("/api/payments", ["orderId": .string(order)]).expect(201)
        guard let id = answer.json["id"].string, let url = answer.json["url"].string else {
            throw SupportError("No place to pay in \(answer)")
        }
        return Checkout(id: id, url: url)
    }

    /// Pays on Stripe's page and comes back, as the page asks.
    func pay(_ checkout: Checkout, with card: SandboxPage.Card = .good) async throws {
        let back = try await SandboxPage(checkout.url, in: browser).pay(card)
        guard let origin = browser.origins.first(where: { back.hasPrefix($0) }) else { return }
        _ = try await browser.get(String(back.dropFirst(origin.count)))
    }

    /// Waits until the order has a status, and returns it as it is then.
    @discardableResult
    func waits(for status: String, of order: String, within limit: Duration = .seconds(15)) async throws -> JSON {
        try await eventually("the order \(order) is \(status)", within: limit, every: .milliseconds(100)) {
            let seen = try await look(at: order)
            return seen["status"] == .string(status) ? seen : nil
        }
    }
}

struct Checkout: Hashable, Sendable {
    let id: String
    let url: String
}
