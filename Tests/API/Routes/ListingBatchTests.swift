import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// `PATCH /api/tickets`. The client checks every response against the OpenAPI document.
@Suite(.timeLimit(.minutes(2))) struct ListingBatchTests {
    private let api: RunningAPI
    private let seller: APIClient

    init() async throws {
        api = try await RunningAPI.start(workers: [.users, .listings, .orders])
        seller = api.client()
        try await seller.signUp()
    }

    private func send(_ changes: String, key: String? = nil) async throws -> [[String: Any]] {
        let headers = key.map { ["Idempotency-Key": $0] } ?? [:]
        let answer = try await seller.send(.patch, "/api/tickets", json: "{\"changes\":[\(changes)]}", headers)
        return try #require(answer.having(200).json["results"] as? [[String: Any]])
    }

    private func statuses(_ results: [[String: Any]]) -> [Int] { results.map { $0["status"] as? Int ?? 0 } }

    private func code(_ result: [String: Any]) -> String {
        let type = (result["problem"] as? [String: Any])?["type"] as? String
        return type?.split(separator: ":").last.map(String.init) ?? ""
    }

    @Test func eachChangeIsMadeOrRefusedByItself() async throws {
        let (one, two) = (try await seller.list().id, try await seller.list().id)
        let stranger = api.client()
        try await stranger.signUp("stranger@example.com")
        let foreign = try await stranger.list().id
        let unknown = ListingID.new()
        let results = try await send(
            #"{"id":"\#(one)","price":3000,"version":1},{"id":"\#(two)","withdrawn":true,"price":10},"#
                + #"{"id":"\#(foreign)","price":1},{"id":"\#(unknown)","price":1}"#)
        #expect(statuses(results) == [200, 400, 403, 404])
        #expect(results.map { $0["id"] as? String } == [one, two, foreign, unknown].map(\.description))
        let changed = results[0]["ticket"] as? [String: Any]
        #expect(changed?["price"] as? Int == 3000 && changed?["version"] as? Int == 2)
        // If one member of a change is invalid, the other members take no effect either.
        let kept = try await seller.send(.get, "/api/tickets/\(two)").json
        #expect(kept["withdrawn"] as? Bool == false && kept["version"] as? Int == 1)
        #expect(try await stranger.send(.get, "/api/tickets/\(foreign)").json["version"] as? Int == 1)

        let stale = try await send(#"{"id":"\#(one)","price":3100,"version":1},{"id":"\#(two)","withdrawn":true}"#)
        #expect(statuses(stale) == [412, 200] && code(stale[0]) == "stale-version")
        try await api.stop()
    }

    @Test func aRepeatedRequestChangesNothingAgain() async throws {
        let one = try await seller.list().id
        let body = #"{"id":"\#(one)","price":3000}"#
        #expect(try await statuses(send(body, key: "k")) == [200])
        #expect(try await statuses(send(#"{"id":"\#(one)","price":4000}"#)) == [200])
        let again = try await send(body, key: "k")
        #expect((again[0]["ticket"] as? [String: Any])?["version"] as? Int == 2)
        #expect(try await seller.send(.get, "/api/tickets/\(one)").json["price"] as? Int == 4000)
        let reused = try await send(#"{"id":"\#(one)","price":5000}"#, key: "k")
        #expect(statuses(reused) == [422] && code(reused[0]) == "key-reused")
        try await api.stop()
    }

    @Test func upToTwoHundredChangesAreTaken() async throws {
        let ids = (0..<200).map { _ in ListingID.new() }
        let changes = ids.map { #"{"id":"\#($0)","price":2000}"# }
        #expect(try await statuses(send(changes.joined(separator: ","))) == Array(repeating: 404, count: 200))
        for body in [
            "{}", #"{"changes":[]}"#, #"{"changes":{}}"#, #"{"changes":[1]}"#, #"{"changes":[{}]}"#,
            #"{"changes":[{"id":"\#(ids[0])"}]}"#, #"{"changes":[{"id":"x","price":1}]}"#,
            #"{"changes":[{"id":"\#(ids[0])","price":0}]}"#,
            #"{"changes":[{"id":"\#(ids[0])","price":1,"title":"x"}]}"#,
            #"{"changes":[{"id":"\#(ids[0])","price":1},{"id":"\#(ids[0])","price":2}]}"#,
            "{\"changes\":[\((changes + changes.prefix(1)).joined(separator: ","))]}",
        ] {
            try await seller.send(.patch, "/api/tickets", json: body).expect(400)
        }
        try await api.stop()
    }

    @Test func aBatchBeyondTheBudgetChangesNothing() async throws {
        var ids: [ListingID] = []
        for _ in 0..<8 { ids.append(try await seller.list().id) }
        let limited = try await api.another(["COMMANDS_PER_MINUTE": "1"])
        let client = limited.client()
        client.cookies = seller.cookies
        for (price, status) in [(3000, 200), (3100, 429)] {
            let changes = ids.map { #"{"id":"\#($0)","price":\#(price)}"# }.joined(separator: ",")
            let answer = try await client.send(.patch, "/api/tickets", json: "{\"changes\":[\(changes)]}").having(200)
            let results = try #require(answer.json["results"] as? [[String: Any]])
            #expect(statuses(results) == Array(repeating: status, count: 8))
        }
        for id in ids { #expect(try await seller.send(.get, "/api/tickets/\(id)").json["price"] as? Int == 3000) }
        try await limited.stop()
        try await api.stop()
    }
}

/// The outcomes while the listings service does not answer.
@Suite(.timeLimit(.minutes(2))) struct UnansweredListingBatchTests {
    @Test func aServiceThatDoesNotAnswerEndsTheBatch() async throws {
        let api = try await RunningAPI.start(workers: [.users, .listings])
        let seller = api.client()
        try await seller.signUp()
        var ids: [ListingID] = []
        for _ in 0..<12 { ids.append(try await seller.list().id) }
        let others = try await api.another(["COMMAND_WAIT_SECONDS": "1"])
        try await ProductProcess.run("gittix", ["pause", "tickets"], environment: api.environment)
        let client = others.client()
        client.cookies = seller.cookies
        try await eventually("the workers have paused") {
            try await client.send(.put, "/api/tickets/\(ids[0])", json: #"{"price":2400}"#).status == 202
        }
        let changes = ids.map { #"{"id":"\#($0)","price":2500}"# }.joined(separator: ",")
        let answer = try await client.send(.patch, "/api/tickets", json: "{\"changes\":[\(changes)]}").having(200)
        let statuses = (answer.json["results"] as? [[String: Any]])?.map { $0["status"] as? Int ?? 0 } ?? []
        // Eight commands wait at the same time.
        #expect(statuses == Array(repeating: 202, count: 8) + Array(repeating: 503, count: 4))
        try await others.stop()
        try await api.stop()
    }
}
