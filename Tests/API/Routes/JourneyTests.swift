import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// The routes with the real workers. The client checks every response against the OpenAPI document.
@Suite(.timeLimit(.minutes(2))) struct JourneyTests {
    static let services: [ServiceName] = [.users, .listings, .orders]

    @Test func aUnitIsSoldOnce() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let (seller, buyer, other) = (api.client(), api.client(), api.client())
        let user = try await seller.signUp()
        try await buyer.signUp()
        try await other.signUp()
        let ticket = try await seller.list(quantity: 2)
        #expect(ticket.userId == user.id && ticket.available == 2 && ticket.version == 1)

        let order = try await buyer.order(ticket.id, quantity: 2)
        #expect(order.status == 201)
        #expect(order[header: "Location"] == "/api/orders/\(order.text("id"))")
        #expect(order.json["total"] as? Int == 3998)
        let refused = try await other.order(ticket.id)
        #expect(refused.status == 409)
        #expect(refused.problem == "sold-out")

        let path = "/api/orders/\(order.text("id"))"
        #expect(try await buyer.send(.get, path).text("status") == "awaiting_payment")
        #expect(try await other.send(.get, path).status == 403)
        #expect(try await other.send(.delete, path).status == 403)
        #expect(try await other.send(.get, "/api/orders").list.isEmpty)
        #expect(try await buyer.send(.get, "/api/orders").list.count == 1)
        #expect(try await buyer.send(.delete, path).status == 204)
        #expect(try await buyer.send(.get, path).text("reason") == "cancelled_by_buyer")
        // Cancelling again succeeds, because the order is already cancelled.
        #expect(try await buyer.send(.delete, path).status == 204)
        #expect(
            try await buyer.send(.post, "/api/payments", json: #"{"orderId":"\#(order.text("id"))"}"#).status == 409)
        #expect(try await other.order(ticket.id, quantity: 2).status == 201)
        try await api.stop()
    }

    @Test func onlyTheSellerChangesAListing() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let (seller, other) = (api.client(), api.client())
        try await seller.signUp()
        try await other.signUp()
        let ticket = try await seller.list(title: "  Old   ", price: 500, quantity: 3)
        #expect(ticket.title == "Old")
        let path = "/api/tickets/\(ticket.id)"
        #expect(try await other.send(.put, path, json: #"{"price":1}"#).status == 403)
        #expect(try await other.send(.delete, path).status == 403)
        #expect(try await api.client().send(.put, path, json: "{}").status == 401)

        let shown = try await other.send(.get, path)
        #expect(shown[header: "ETag"]?.hasPrefix("\"1.") == true)
        let changed = try await seller.send(.put, path, json: #"{"price":700}"#, ["If-Match": "\"1\""])
        #expect(changed.status == 200)
        #expect(changed.text("title") == "Old")
        #expect(changed.json["price"] as? Int == 700)
        let stale = try await seller.send(.put, path, json: #"{"price":800}"#, ["If-Match": "\"1\""])
        #expect(stale.status == 412)

        let moved = try await other.send(
            .post, "/api/orders", json: #"{"ticketId":"\#(ticket.id)","price":500}"#)
        #expect(moved.status == 409)
        #expect(moved.problem == "price-changed")
        #expect(moved.json["price"] as? Int == 700)

        #expect(try await seller.send(.delete, path).status == 204)
        #expect(try await seller.send(.get, path).json["withdrawn"] as? Bool == true)
        #expect(try await other.send(.get, "/api/tickets").list.isEmpty)
        #expect(try await seller.send(.get, "/api/tickets?seller=me").list.count == 1)
        #expect(try await other.order(ticket.id).problem == "withdrawn")
        try await api.stop()
    }

    @Test func aListingContainsTheDetailsOfItsEvent() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp()
        let event =
            #""venue":" Harpa ","city":"Reykjavík","startsAt":"2099-08-01T21:30:00+02:00","timeZone":"Europe/Paris","#
            + #""section":"","row":"7","note":" Two together.\r\nNo re-entry.\n""#
        let listed = try await seller.send(.post, "/api/tickets", json: APIClient.listing(price: 500, event))
        #expect(listed.status == 201)
        let path = "/api/tickets/\(listed.text("id"))"
        for answer in [listed, try await buyer.send(.get, path)] {
            #expect(answer.text("venue") == "Harpa" && answer.text("city") == "Reykjavík")
            #expect(answer.text("startsAt") == "2099-08-01T19:30:00.000Z" && answer.text("timeZone") == "Europe/Paris")
            #expect(answer.json["section"] == nil && answer.text("row") == "7")
            #expect(answer.text("note") == "Two together.\nNo re-entry.")
        }
        let changed = try await seller.send(.put, path, json: #"{"section":"A","row":"","city":"Kópavogur"}"#)
        #expect(changed.text("section") == "A" && changed.json["row"] == nil && changed.text("city") == "Kópavogur")

        let wrongCurrency = #"{"ticketId":"\#(listed.text("id"))","price":500,"currency":"EUR"}"#
        #expect(try await buyer.send(.post, "/api/orders", json: wrongCurrency).problem == "price-changed")
        let order = try await buyer.send(.post, "/api/orders", json: wrongCurrency.replacing("EUR", with: "USD"))
        #expect(order.status == 201)
        try await seller.send(.put, path, json: #"{"note":"Changed since."}"#)
        let kept = try await buyer.send(.get, "/api/orders/\(order.text("id"))").json["ticket"] as? [String: Any]
        #expect(kept?["venue"] as? String == "Harpa" && kept?["section"] as? String == "A")
        #expect(kept?["note"] as? String == "Two together.\nNo re-entry." && kept?["row"] == nil)

        for (field, value) in [
            ("startsAt", #""2020-01-01T00:00:00Z""#), ("startsAt", #""2099-01-01 00:00""#), ("startsAt", nil),
            ("timeZone", #""Europe/Nowhere""#), ("timeZone", #""GMT+0200""#), ("timeZone", #""UTC""#),
            ("timeZone", #""EST""#), ("timeZone", #""Etc/GMT+5""#), ("timeZone", nil), ("venue", #"" ""#),
            ("venue", nil), ("city", nil), ("note", #""a\tb""#), ("row", #""\#(String(repeating: "x", count: 21))""#),
            ("price", "49"), ("price", nil),
        ] as [(String, String?)] {
            var members = [
                "title": #""a""#, "price": "500", "venue": #""Harpa""#, "city": #""Oslo""#,
                "startsAt": #""2099-01-01T00:00:00Z""#, "timeZone": #""Europe/Oslo""#,
            ]
            members[field] = value
            let body = members.map { #""\#($0)":\#($1)"# }.joined(separator: ",")
            let answer = try await seller.send(.post, "/api/tickets", json: "{\(body)}")
            #expect(answer.status == 400 && answer.fields == [field], "\(field) \(value ?? ""): \(answer.text)")
        }
        try await api.stop()
    }

    @Test func listsHavePages() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let seller = api.client()
        try await seller.signUp()
        var made: [String] = []
        for number in 0..<7 { made.append("\(try await seller.list(title: "Ticket \(number)").id)") }
        for path in ["/api/tickets?limit=3", "/api/tickets?seller=me&limit=3"] {
            var (found, next): ([String], String?) = ([], path)
            var pages = 0
            while let page = next {
                let answer = try await seller.send(.get, page)
                found += answer.list.compactMap { $0["id"] as? String }
                next = answer[header: "Link"].flatMap { $0.split(separator: ">").first.map { String($0.dropFirst()) } }
                pages += 1
            }
            #expect(found == made.reversed())
            #expect(pages == 3)
        }
        // A cursor of one list is invalid for another.
        let link = try #require(try await seller.send(.get, "/api/tickets?limit=3")[header: "Link"])
        let query = try #require(link.split(separator: ">").first?.split(separator: "?").last)
        #expect(try await seller.send(.get, "/api/orders?\(query)").status == 400)
        try await api.stop()
    }

    @Test func anIdempotencyKeyCreatesOneOrder() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp()
        let ticket = try await seller.list(quantity: 5)
        let body = #"{"ticketId":"\#(ticket.id)","price":1999}"#
        let answers = try await withThrowingTaskGroup(of: APIClient.Answer.self) { group in
            for _ in 0..<8 {
                group.addTask { try await buyer.send(.post, "/api/orders", json: body, ["Idempotency-Key": "k"]) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(answers.map(\.status)) == [201])
        #expect(Set(answers.map { $0.text("id") }).count == 1)
        let other = try await buyer.send(.post, "/api/orders", json: body + " ", ["Idempotency-Key": "k"])
        #expect(other.status == 422)
        #expect(other.problem == "key-reused")
        // The same key from another user is a different request.
        #expect(
            try await seller.send(.post, "/api/tickets", json: APIClient.listing(title: "b"), ["Idempotency-Key": "k"])
                .status == 201)
        #expect(try await buyer.send(.get, "/api/orders").list.count == 1)

        // A refusal is stored and repeated.
        let many = #"{"ticketId":"\#(ticket.id)","quantity":99,"price":1999}"#
        for _ in 0..<2 {
            let refused = try await buyer.send(.post, "/api/orders", json: many, ["Idempotency-Key": "many"])
            #expect(refused.status == 409)
        }
        try await api.stop()
    }

    @Test func aRepeatedSignUpStartsAnotherSession() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let (first, second, third) = (api.client(), api.client(), api.client())
        let body = #"{"email":"twice@example.com","password":"correct horse"}"#
        let one = try await first.send(.post, "/api/users/signup", json: body, ["Idempotency-Key": "s"])
        let two = try await second.send(.post, "/api/users/signup", json: body, ["Idempotency-Key": "s"])
        #expect(one.status == 201 && two.status == 201)
        #expect(one.text("id") == two.text("id"))
        // Both sessions are valid.
        for client in [first, second] {
            let current = try await client.send(.get, "/api/users/currentuser").json["currentUser"] as? [String: Any]
            #expect(current?["email"] as? String == "twice@example.com")
        }
        #expect(first.cookies["gittix_refresh"] != second.cookies["gittix_refresh"])
        let taken = try await third.send(.post, "/api/users/signup", json: body)
        #expect(taken.status == 409)
        #expect(taken.problem == "email-taken")
        #expect(!third.cookies.hasSession)

        // After a change of the password, a repeated sign-up starts no session.
        let change = #"{"password":"correct horse","newPassword":"another long one"}"#
        #expect(try await first.send(.put, "/api/users/me/password", json: change).status == 204)
        let old = try await third.send(.post, "/api/users/signup", json: body, ["Idempotency-Key": "s"])
        #expect(old.status == 400 && old.problem == "wrong-credentials")
        #expect(!third.cookies.hasSession)
        try await api.stop()
    }

    @Test func theResultOfAnAcceptedCommandIsReadLater() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let (seller, other) = (api.client(), api.client())
        try await seller.signUp()
        try await other.signUp()
        let accepted = try await seller.send(
            .post, "/api/tickets", json: APIClient.listing(), ["Prefer": "respond-async"])
        #expect(accepted.status == 202)
        #expect(accepted[header: "Preference-Applied"] == "respond-async")
        let path = try #require(accepted[header: "Location"])
        // Poll the status until the command is done.
        var status = try await seller.send(.get, path)
        while status.text("status") == "pending" { status = try await seller.send(.get, path) }
        #expect(status.text("status") == "done")
        #expect((status.json["result"] as? [String: Any])?["title"] as? String == "a")
        #expect(try await other.send(.get, path).status == 403)
        #expect(try await api.client().send(.get, path).status == 401)

        let refused = try await seller.send(
            .post, "/api/orders", json: #"{"ticketId":"\#(accepted.text("id"))","quantity":9,"price":1}"#,
            ["Prefer": "respond-async"])
        var answer = try await seller.send(.get, "/api/commands/\(refused.text("id"))")
        while answer.text("status") == "pending" {
            answer = try await seller.send(.get, "/api/commands/\(refused.text("id"))")
        }
        #expect(answer.text("status") == "refused")
        #expect((answer.json["problem"] as? [String: Any])?["status"] as? Int == 409)

        // Only the client with the cookies may see the result of a sign-up.
        let signUp = try await other.send(
            .post, "/api/users/signup", json: #"{"email":"later@example.com","password":"correct horse"}"#,
            ["Prefer": "respond-async"])
        #expect(signUp.status == 202)
        answer = try await api.client().send(.get, "/api/commands/\(signUp.text("id"))")
        while answer.text("status") == "pending" {
            answer = try await api.client().send(.get, "/api/commands/\(signUp.text("id"))")
        }
        #expect(answer.text("status") == "done")
        #expect(answer.json["result"] == nil)
        try await api.stop()
    }

    /// The client does not wait, so the orders service may not have the listing or the buyer yet.
    @Test func aNewListingCanBeOrderedAtOnce() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let seller = api.client()
        try await seller.signUp()
        for _ in 0..<20 {
            let buyer = api.client()
            try await buyer.signUp()
            let ticket = try await seller.list()
            #expect(try await buyer.order(ticket.id).status == 201)
        }
        try await api.stop()
    }
}
