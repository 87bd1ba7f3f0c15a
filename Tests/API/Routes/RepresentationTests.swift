import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// Validators, compression, and the headers of all responses to programs.
@Suite struct RepresentationTests {
    @Test func aTagChangesWithEverythingInTheRepresentation() async throws {
        let api = try await RunningAPI.start(workers: [.users, .listings, .orders])
        let (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp()
        let created = try await seller.send(
            .post, "/api/tickets", json: #"{"title":"a","price":500,"quantity":3,\#(APIClient.show)}"#)
        let path = try #require(created[header: "Location"])
        let first = try #require(created[header: "ETag"])
        let read = try await buyer.send(.get, path)
        #expect(read[header: "ETag"] == first && read.body == created.body)
        #expect(try await buyer.send(.get, path, ["If-None-Match": first]).status == 304)

        let id = path.split(separator: "/").last ?? ""
        let order = try await buyer.send(.post, "/api/orders", json: #"{"ticketId":"\#(id)","price":500}"#)
        #expect(order.status == 201, "\(order.text)")
        try await eventually("the listing has a unit less") {
            try await buyer.send(.get, path).json["available"] as? Int == 2
        }
        let later = try await buyer.send(.get, path, ["If-None-Match": first])
        #expect(later.status == 200 && later[header: "ETag"] != first)

        // A sold unit does not make the seller's change fail, but an earlier change of the listing does.
        let changed = try await seller.send(.put, path, json: #"{"price":600}"#, ["If-Match": "\"99\", \(first)"])
        #expect(changed.status == 200, "\(changed.text)")
        #expect(try await seller.send(.get, path)[header: "ETag"] == changed[header: "ETag"])
        let stale = try await seller.send(.put, path, json: #"{"price":700}"#, ["If-Match": first])
        #expect(stale.status == 412)
        for condition in ["*", changed[header: "ETag"] ?? ""] {
            let exists = try await seller.send(.put, path, json: #"{"price":700}"#, ["If-None-Match": condition])
            #expect(exists.status == 412 && exists.problem == "stale-version")
        }
        #expect(try await seller.send(.delete, path, ["If-None-Match": "*"]).status == 412)
        // Conditions come last: the request must be valid without them (RFC 9110, section 13.2.1).
        let invalid = ["If-Match": "\"x\"", "Idempotency-Key": "a b"]
        #expect(try await seller.send(.delete, path, invalid).status == 400)

        // Orders.
        let ordered = try #require(order[header: "Location"])
        let tag = try #require(order[header: "ETag"])
        #expect(try await buyer.send(.get, ordered, ["If-None-Match": tag]).status == 304)
        #expect(try await buyer.send(.delete, ordered, ["If-Match": "\"9\""]).status == 412)
        #expect(try await buyer.send(.delete, ordered, ["If-Match": tag]).status == 204)
        #expect(try await buyer.send(.get, ordered, ["If-None-Match": tag]).status == 200)
        try await api.stop()
    }

    @Test func aRepeatIsMarked() async throws {
        let api = try await RunningAPI.start(workers: [.users, .listings])
        let client = api.client()
        try await client.signUp()
        let body = #"{"title":"a","price":500,\#(APIClient.show)}"#
        func create(_ key: String) async throws -> APIClient.Answer {
            try await client.send(.post, "/api/tickets", json: body, ["Idempotency-Key": key])
        }
        let first = try await create("k-1")
        #expect(first.status == 201 && first[header: "Idempotent-Replayed"] == nil)
        for key in ["k-1", "\"k-1\""] {
            let again = try await create(key)
            #expect(again.status == 201 && again[header: "Idempotent-Replayed"] == "true")
            #expect(again.body == first.body && again[header: "Location"] == first[header: "Location"])
        }
        let other = try await client.send(.post, "/api/tickets", json: body)
        #expect(other.status == 201 && other[header: "Idempotent-Replayed"] == nil)
        try await api.stop()
    }

    @Test func aListLinksItsNextPage() async throws {
        let api = try await RunningAPI.start(workers: [.users, .listings])
        let client = api.client()
        try await client.signUp()
        for _ in 0..<3 { _ = try await client.list() }
        let first = try await client.send(.get, "/api/tickets?seller=me&limit=2")
        let next = try #require(first[header: "Link"]?.firstMatch(of: /^<([^>]+)>; rel="next"$/)).1
        let second = try await client.send(.get, String(next))
        #expect(second.list.count == 1)
        // The last page has no link.
        #expect(second[header: "Link"] == nil)
        try await api.stop()
    }

    /// Stripe writes currencies in lower case.
    @Test func currenciesAreTakenInAnyCase() async throws {
        let api = try await RunningAPI.start(workers: [.users, .listings])
        let client = api.client()
        try await client.signUp()
        let created = try await client.send(
            .post, "/api/tickets", json: #"{"title":"a","price":500,"currency":"usd",\#(APIClient.show)}"#)
        #expect(created.status == 201 && created.text("currency") == "USD", "\(created.text)")
        let path = try #require(created[header: "Location"])
        let changed = try await client.send(.put, path, json: #"{"currency":"Gbp"}"#)
        #expect(changed.status == 200 && changed.text("currency") == "GBP", "\(changed.text)")
        let found = try await client.send(.get, "/api/tickets?currency=gbp")
        #expect(found.status == 200 && found.list.map { $0["currency"] as? String } == ["GBP"], "\(found.text)")
        try await api.stop()
    }

    @Test func theDocumentIsCompressed() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let plain = try await client.send(.get, "/openapi.json")
        let gzipped = try await client.send(.get, "/openapi.json", ["Accept-Encoding": "gzip"])
        #expect(gzipped[header: "Content-Encoding"] == "gzip" && gzipped[header: "Vary"] == "Accept-Encoding")
        #expect(plain[header: "Content-Encoding"] == nil && plain[header: "Vary"] == "Accept-Encoding")
        #expect(gzipped[header: "ETag"] != plain[header: "ETag"])
        let tag = try #require(gzipped[header: "ETag"])
        let known = try await client.send(.get, "/openapi.json", ["Accept-Encoding": "gzip", "If-None-Match": tag])
        #expect(known.status == 304)
        try await api.stop()
    }

    @Test func longListsAreCompressed() async throws {
        let api = try await RunningAPI.start(workers: [.users, .listings])
        let client = api.client()
        try await client.signUp()
        for _ in 0..<8 { _ = try await client.list() }
        for path in ["/api/tickets", "/api/tickets?seller=me"] {
            let plain = try await client.send(.get, path)
            let gzipped = try await client.send(.get, path, ["Accept-Encoding": "gzip"])
            #expect(plain.list.count == 8 && plain[header: "Content-Encoding"] == nil, "\(path)")
            #expect(gzipped.status == 200 && gzipped[header: "Content-Encoding"] == "gzip", "\(path)")
            #expect(gzipped.body.count < plain.body.count / 2, "\(path)")
            #expect(plain[header: "Vary"] == "Accept-Encoding" && gzipped[header: "Vary"] == "Accept-Encoding")
        }
        try await api.stop()
    }

    @Test func theVersionOfTheAPIIsInEveryResponse() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        for path in ["/api/tickets", "/api/nothing", "/api/orders"] {
            #expect(try await client.send(.get, path)[header: "API-Version"] == "1")
        }
        #expect(try await client.send(.get, "/api/tickets", ["API-Version": "1"]).status == 200)
        let unknown = try await client.send(.get, "/api/tickets", ["API-Version": "2"])
        #expect(unknown.status == 400 && unknown.problem == "unknown-api-version")
        try await api.stop()
    }

    @Test func vulnerabilitiesHaveAnAddress() async throws {
        let api = try await RunningAPI.start(["SECURITY_CONTACT": "mailto:security@gittix.example"])
        let answer = try await api.client().send(.get, "/.well-known/security.txt")
        #expect(answer.status == 200 && answer[header: "Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer.text.hasPrefix("Contact: mailto:security@gittix.example\nExpires: 20"))
        let without = try await RunningAPI.start()
        #expect(try await without.client().send(.get, "/.well-known/security.txt").status == 404)
        try await api.stop()
        try await without.stop()
    }
}
