import Support

/// A signed-up user with a browser, and the user's API calls.
struct TestUser: Sendable {
    let browser: TestBrowser
    let email: String
    let password: String
    let id: String

    /// Creates an account. The browser is then signed in.
    static func signUp(_ name: String, in browser: TestBrowser) async throws -> TestUser {
        let email = "\(name)-\(UInt64.random(in: 0...(.max)))@example.com"
        let password = "secret \(UInt64.random(in: 0...(.max))) of \(name)"
        let response = try await browser.post(
            "/api/users/signup", ["email": .string(email), "password": .string(password)]
        ).expect(201)
        guard let id = response.json["id"].string else {
            throw SupportError("The response has no user id: \(response)")
        }
        return TestUser(browser: browser, email: email, password: password, id: id)
    }

    /// - Parameter origins: The processes that get the request. The browser's origins by default.
    func signIn(at origins: [String]? = nil) async throws -> TestResponse {
        let browser = origins.map { self.browser.copy(origins: $0) } ?? browser
        return try await browser.post("/api/users/signin", ["email": .string(email), "password": .string(password)])
    }

    /// The id of the user that the browser is signed in as, or `nil`.
    func currentUser() async throws -> String? { try await Self.currentUser(in: browser) }

    static func currentUser(in browser: TestBrowser) async throws -> String? {
        try await browser.get("/api/users/currentuser").expect(200).json["currentUser"]["id"].string
    }

    /// The body of `POST /api/tickets`.
    static func listing(_ title: String, price: Int64, quantity: Int64 = 1) -> JSON {
        [
            "title": .string(title), "price": .int(price), "currency": "EUR", "quantity": .int(quantity),
            "venue": "Tempodrom", "city": "Berlin", "startsAt": "2099-05-31T20:00:00+02:00",
            "timeZone": "Europe/Berlin",
        ]
    }

    /// Creates a listing and returns its id.
    func createListing(_ title: String, price: Int64 = 4500, quantity: Int64 = 1) async throws -> String {
        let response = try await browser.post(
            "/api/tickets",
            Self.listing(title, price: price, quantity: quantity)
        ).expect(201)
        guard let id = response.json["id"].string else {
            throw SupportError("The response has no listing id: \(response)")
        }
        return id
    }

    /// Sends an order at the default price of ``createListing(_:price:quantity:)`` and returns the response, whatever
    /// its status.
    func postOrder(_ listing: String, quantity: Int64 = 1, key: String? = nil) async throws -> TestResponse {
        try await browser.post(
            "/api/orders", ["ticketId": .string(listing), "quantity": .int(quantity), "price": 4500],
            headers: key.map { ["Idempotency-Key": $0] } ?? [:])
    }

    /// Creates an order and returns its id. Throws if the order is refused.
    func createOrder(_ listing: String, quantity: Int64 = 1) async throws -> String {
        let response = try await postOrder(listing, quantity: quantity).expect(201)
        guard let id = response.json["id"].string else {
            throw SupportError("The response has no order id: \(response)")
        }
        return id
    }

    func fetchOrder(_ order: String) async throws -> JSON {
        try await browser.get("/api/orders/\(order)").expect(200).json
    }

    /// Starts the payment and returns its page.
    func checkOut(_ order: String) async throws -> Checkout {
        let response = try await browser.post("/api/payments", ["orderId": .string(order)]).expect(201)
        guard let id = response.json["id"].string, let url = response.json["url"].string else {
            throw SupportError("The response has no payment page: \(response)")
        }
        return Checkout(id: id, url: url)
    }

    /// Pays on Stripe's page and follows its redirect.
    func pay(_ checkout: Checkout, with card: SandboxPage.Card = .good) async throws {
        let redirect = try await SandboxPage(checkout.url, in: browser).pay(card)
        guard let origin = browser.origins.first(where: { redirect.hasPrefix($0) }) else { return }
        _ = try await browser.get(String(redirect.dropFirst(origin.count)))
    }

    /// Waits until the order has a status, and returns the order.
    @discardableResult
    func waitForStatus(_ status: String, of order: String, within limit: Duration = .seconds(15)) async throws -> JSON {
        try await eventually("the order \(order) is \(status)", within: limit, every: .milliseconds(100)) {
            let current = try await fetchOrder(order)
            return current["status"] == .string(status) ? current : nil
        }
    }
}

struct Checkout: Hashable, Sendable {
    let id: String
    let url: String
}
