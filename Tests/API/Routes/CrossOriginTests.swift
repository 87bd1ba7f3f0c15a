import CurlClient
import Foundation
import Support
import Testing

@testable import API

/// Scripts of other sites may use the API without cookies.
@Suite struct CrossOriginTests {
    private let origin = ["Origin": "https://app.example", "Sec-Fetch-Site": "cross-site"]

    @Test func everyResponseToAScriptMayBeRead() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        for path in ["/api/tickets", "/api/tickets/x", "/api/nothing", "/api/orders", "/openapi.json"] {
            let answer = try await client.send(.get, path, origin)
            #expect(answer[header: "Access-Control-Allow-Origin"] == "*", "\(path)")
            #expect(answer[header: "Access-Control-Expose-Headers"]?.contains("ETag") == true)
            #expect(answer[header: "Access-Control-Allow-Credentials"] == nil)
        }
        for path in ["/", "/signin", "/readyz"] {
            #expect(try await client.send(.get, path, origin)[header: "Access-Control-Allow-Origin"] == nil)
        }
        #expect(try await client.send(.get, "/api/tickets")[header: "Access-Control-Allow-Origin"] == nil)
        try await api.stop()
    }

    @Test func aPreflightAllowsTheMethodsOfThePath() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let answer = try await client.send(.options, "/api/tickets/\(UUID())", origin)
        #expect(answer.status == 204)
        #expect(answer[header: "Access-Control-Allow-Methods"] == "DELETE, GET, HEAD, OPTIONS, PUT")
        #expect(answer[header: "Access-Control-Allow-Headers"]?.contains("Authorization") == true)
        #expect(answer[header: "Access-Control-Allow-Origin"] == "*")
        // This request is not from a script, so the response has only the methods.
        let plain = try await client.send(.options, "/api/tickets")
        #expect(plain.status == 204 && plain[header: "Allow"] == "GET, HEAD, OPTIONS, PATCH, POST")
        #expect(plain[header: "Access-Control-Allow-Methods"] == nil)
        #expect(try await client.send(.options, "/api/nothing").status == 404)
        #expect(try await client.send(.options, "/signin", origin)[header: "Access-Control-Allow-Methods"] == nil)
        try await api.stop()
    }

    /// The routes for tokens neither read nor set cookies.
    @Test func tokensMayBeRequestedFromAnySite() async throws {
        let api = try await RunningAPI.start()
        for path in ["/api/users/token", "/api/users/refresh"] {
            #expect(try await api.client().send(.post, path, json: "{}", origin).status == 400)
        }
        for path in ["/api/users/signin", "/api/users/signup", "/api/tickets"] {
            #expect(try await api.client().send(.post, path, json: "{}", origin).status == 403)
        }
        try await api.stop()
    }
}
