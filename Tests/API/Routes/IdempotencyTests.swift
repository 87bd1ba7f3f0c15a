import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// Requests with an `Idempotency-Key`, with the real workers.
@Suite(.timeLimit(.minutes(2))) struct IdempotencyTests {
    private static let async = ["Idempotency-Key": "once", "Prefer": "respond-async"]

    @Test func aReusedKeyIsRefusedWithoutWaitingForAReply() async throws {
        let api = try await RunningAPI.start(workers: [.users, .listings])
        let client = api.client()
        try await client.signUp()
        let body = APIClient.listing()
        let first = try await client.send(.post, "/api/tickets", json: body, ["Idempotency-Key": "once"])
        #expect(first.status == 201)
        let other = try await client.send(.post, "/api/tickets", json: APIClient.listing(price: 200), Self.async)
        #expect(other.status == 422)
        #expect(other.problem == "key-reused")
        let same = try await client.send(.post, "/api/tickets", json: body, Self.async)
        #expect(same.status == 202)
        let status = try await client.send(.get, try #require(same[header: "Location"]))
        #expect(status.text("status") == "done")
        #expect((status.json["result"] as? [String: Any])?["id"] as? String == first.text("id"))
        try await api.stop()
    }

    @Test func aDifferentIfMatchIsAnotherRequest() async throws {
        let api = try await RunningAPI.start(workers: [.users, .listings])
        let client = api.client()
        try await client.signUp()
        let path = "/api/tickets/\(try await client.list().id)"
        func change(ifMatch: String?) async throws -> APIClient.Answer {
            var headers = ["Idempotency-Key": "once"]
            headers["If-Match"] = ifMatch
            return try await client.send(.put, path, json: #"{"price":500}"#, headers)
        }
        let version = try #require(try await client.send(.get, path)[header: "ETag"])
        #expect(try await change(ifMatch: version).status == 200)
        #expect(try await change(ifMatch: version).status == 200)
        #expect(try await change(ifMatch: nil).status == 422)
        #expect(try await change(ifMatch: "\"99\"").status == 422)
        try await api.stop()
    }
}
