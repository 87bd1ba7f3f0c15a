import CurlClient
import HTTPTypes
import Marketplace
import Support
import Testing

@testable import API

/// The budgets of requests from one address.
@Suite(.timeLimit(.minutes(2))) struct AddressBudgetTests {
    private let now = ContinuousClock.now

    /// Takes tokens until one is refused. Returns the number of tokens and the refusal.
    private func exhaust(
        _ budget: AddressBudget, _ address: String, at now: ContinuousClock.Instant
    ) throws -> (Int, Problem?) {
        for count in 0..<1000 {
            do {
                try budget.take(address, now: now)
            } catch let problem as Problem {
                return (count, problem)
            }
        }
        return (1000, nil)
    }

    @Test func anAddressIsRefusedBeyondItsBudget() throws {
        let budget = AddressBudget("searches", perMinute: 60)
        let (count, problem) = try exhaust(budget, "198.51.100.1", at: now)
        #expect(count == 60 && problem?.status == .tooManyRequests)
        #expect(problem?.headers[.retryAfter] == "1")
        #expect(problem?.headers[.rateLimitPolicy] == "\"searches\";q=60;w=60")
        #expect(problem?.headers[.rateLimit] == "\"searches\";r=0;t=1")
        // The budget is refilled evenly, and other addresses have their own budgets.
        #expect(try exhaust(budget, "198.51.100.1", at: now + .seconds(10)).0 == 10)
        #expect(try exhaust(budget, "198.51.100.2", at: now).0 == 60)
    }

    /// An address that is forgotten starts with a full bucket.
    @Test func bucketsAreBounded() throws {
        let budget = AddressBudget("searches", perMinute: 1, limit: 4)
        #expect(try exhaust(budget, "a", at: now).0 == 1)
        for address in ["b", "c", "d", "e", "f", "g"] { #expect(try exhaust(budget, address, at: now).0 == 1) }
        #expect(try exhaust(budget, "a", at: now).0 == 1)
    }

    @Test func searchesOfOneAddressAreLimited() async throws {
        let api = try await RunningAPI.start(["SEARCHES_PER_MINUTE": "3", "TRUSTED_PROXIES": "1"])
        let client = api.client()
        func search(_ path: String, from address: String) async throws -> Int {
            try await client.send(.get, path, ["X-Forwarded-For": address]).status
        }
        for attempt in 0..<5 {
            #expect(try await search("/api/tickets?q=a\(attempt)", from: "198.51.100.1") == (attempt < 3 ? 200 : 429))
        }
        #expect(try await search("/api/tickets", from: "198.51.100.2") == 200)
        try await api.stop()
    }

    @Test func unknownCommandsOfOneAddressAreLimited() async throws {
        let api = try await RunningAPI.start(["TRUSTED_PROXIES": "1"])
        let client = api.client()
        let unknown = "/api/commands/\(CommandID(.v7(at: .now() - .seconds(3600))))"
        func status(of path: String, from address: String) async throws -> Int {
            try await client.send(.get, path, ["X-Forwarded-For": address]).status
        }
        var answered = 0
        // One token is added each second.
        while answered < 600, try await status(of: unknown, from: "198.51.100.1") == 200 { answered += 1 }
        #expect((60..<600).contains(answered))
        #expect(try await status(of: "/commands/\(CommandID(.v7(at: .now())))", from: "198.51.100.1") == 200)
        #expect(try await status(of: unknown, from: "198.51.100.2") == 200)
        try await api.stop()
    }

    @Test func renewalsFromOneAddressAreLimited() async throws {
        let api = try await RunningAPI.start(workers: [.users], ["RENEWALS_PER_MINUTE": "2"])
        let client = api.client()
        try await client.signUp()
        for attempt in 0..<4 {
            client.cookies["gittix_access"] = nil
            #expect(try await client.send(.get, "/api/orders").status == (attempt < 2 ? 200 : 503))
        }
        let body = #"{"refreshToken":"\#(client.cookies["gittix_refresh"] ?? "")"}"#
        #expect(try await client.send(.post, "/api/users/refresh", json: body).status == 429)
        try await api.stop()
    }
}
