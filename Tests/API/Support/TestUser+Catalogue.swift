import Support

extension TestUser {
    /// Signs up an admin.
    static func admin(at api: RunningAPI) async throws -> TestUser {
        let user = try await signUp(at: api)
        try await ProductProcess.run("gittix", ["users", "promote", user.id], environment: api.environment)
        return user
    }

    /// The members of a valid proposal of a performance.
    static let performance: [String: JSON] = [
        "title": "Vespertine", "category": "concert", "performers": "Björk\nChoir", "venue": "Harpa",
        "address": "Austurbakki 2", "city": "Reykjavík", "country": "IS", "timeZone": "Atlantic/Reykjavik",
        "startsAt": "2099-08-01T19:30:00Z", "doorsAt": "2099-08-01T18:00:00Z",
    ]

    /// Proposes a performance, and returns its id. An admin's proposal is published immediately.
    ///
    /// - Parameter members: Members that replace or remove (`null`) members of a valid proposal.
    func propose(_ members: [String: JSON] = [:]) async throws -> String {
        let body = Self.performance.merging(members) { $1 }.filter { $0.value != .null }
        return try await browser.post("/api/performances", .object(body)).expect(201).json["id"].string ?? ""
    }

    /// Lists tickets for a performance in the three steps, and returns the path of the listing's page.
    func sell(for performance: String, _ values: [String: String] = [:]) async throws -> String {
        try await sellInSteps(for: performance, values).expect(303)[header: "Location"] ?? ""
    }

    /// Fills in the steps for tickets of a performance. Returns the response to the last step, or to the first one that
    /// has a fault.
    ///
    /// - Parameter steps: The number of steps to send.
    func sellInSteps(
        for performance: String, _ values: [String: String] = [:], steps: Int = 3
    ) async throws -> TestResponse {
        let values = ["price": "45.00", "currency": "EUR", "quantity": "3"].merging(values) { $1 }
        let first = try await form("/sell?performance=\(performance)", to: "/sell/tickets")
        var response = try await browser.send(first.filled(values))
        for _ in 1..<steps where response.status == 303 {
            let page = response[header: "Location"] ?? ""
            response = try await browser.send(try await form(page).filled(values))
        }
        return response
    }
}
