import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// Listings of performances over HTTP.
@Suite(.timeLimit(.minutes(2))) struct PerformanceOffersTests {
    private let api: RunningAPI
    private let admin: APIClient
    private let seller: APIClient

    init() async throws {
        api = try await RunningAPI.start(workers: [.users, .catalogue, .listings, .orders])
        (admin, seller) = (api.client(), api.client())
        try await seller.signUp()
        try await admin.signUp("admin@example.com")
        try await ProductProcess.run(
            "gittix", ["users", "promote", "admin@example.com"], environment: api.environment)
    }

    private func propose(
        _ title: String = "Vespertine", by client: APIClient? = nil, day: String = "01"
    ) async throws -> String {
        let json =
            #"{"title":"\#(title)","category":"concert","venue":"Harpa","city":"Reykjavík","country":"IS","#
            + #""timeZone":"Atlantic/Reykjavik","startsAt":"2099-08-\#(day)T19:30:00Z"}"#
        let answer = try await (client ?? admin).send(.post, "/api/performances", json: json)
        try #require(answer.status == 201, "\(answer.text)")
        return answer.text("id")
    }

    private func list(
        _ performance: String, price: Int = 2500, quantity: Int = 2, others: String = ""
    ) async throws -> APIClient.Answer {
        try await seller.send(
            .post, "/api/tickets",
            json: #"{"performanceId":"\#(performance)","price":\#(price),"quantity":\#(quantity)\#(others)}"#)
    }

    private func offers(_ performance: String, _ query: String = "") async throws -> APIClient.Answer {
        try await api.client().send(.get, "/api/performances/\(performance)/offers\(query)")
    }

    /// Reads a listing until it is as expected.
    private func wait(for id: String, _ isExpected: ([String: Any]) -> Bool) async throws -> [String: Any] {
        try await eventually("the listing is as expected") {
            let listing = try await seller.send(.get, "/api/tickets/\(id)").json
            return isExpected(listing) ? listing : nil
        }
    }

    @Test func aListingTakesTheFactsOfItsPerformanceAndIsOneOfItsOffers() async throws {
        let id = try await propose()
        // The listings service may not have its copy of the performance yet.
        let listed = try await list(id, others: #","section":"B","timeZone":"Atlantic/Reykjavik""#)
        try #require(listed.status == 201, "\(listed.text)")
        #expect(listed.text("performanceId") == id && listed.text("title") == "Vespertine")
        #expect(listed.text("venue") == "Harpa" && listed.text("city") == "Reykjavík")
        #expect(listed.text("startsAt").hasPrefix("2099-08-01T19:30:00") && listed.text("section") == "B")
        #expect(try await list(id, price: 1900, quantity: 1).status == 201)
        #expect(try await list(id, price: 99, quantity: 1, others: #","currency":"EUR""#).status == 201)

        let all = try await offers(id)
        #expect(all.list.compactMap { $0["price"] as? Int } == [99, 1900, 2500], "\(all.text)")
        for (query, prices) in [
            ("?quantity=2", [2500]), ("?currency=USD&max=2000&sort=price", [1900]), ("?currency=eur", [99]),
        ] {
            #expect(try await offers(id, query).list.compactMap { $0["price"] as? Int } == prices, "\(query)")
        }
        var (path, pages): (String?, Int) = ("/api/performances/\(id)/offers?limit=1", 0)
        while let here = path {
            let page = try await api.client().send(.get, here)
            #expect(page.list.count == 1)
            path = page[header: "Link"].flatMap { $0.firstMatch(of: /<([^>]+)>/).map { String($0.1) } }
            pages += 1
        }
        #expect(pages == 3)
        for (query, field) in [
            ("quantity=0", "quantity"), ("max=5", "currency"), ("sort=price", "currency"), ("sort=x", "sort"),
            ("currency=XXX", "currency"), ("cursor=AAAA", "cursor"), ("color=red", "color"),
        ] {
            #expect(try await offers(id, "?\(query)").fields.contains(field), "\(query)")
        }
        #expect(try await offers(UUID().uuidString.lowercased()).status == 404)
        try await api.stop()
    }

    @Test func aBodyThatContradictsThePerformanceIsRefused() async throws {
        let id = try await propose()
        for (others, field) in [
            (#","title":"Another""#, "title"), (#","venue":"Elsewhere""#, "venue"), (#","city":"Oslo""#, "city"),
            (#","startsAt":"2099-08-02T19:30:00Z""#, "startsAt"), (#","timeZone":"Europe/Oslo""#, "timeZone"),
        ] {
            let answer = try await list(id, others: others)
            #expect(answer.status == 400 && answer.fields == [field], "\(others) \(answer.text)")
        }
        #expect(
            try await list(id, others: #","title":"Vespertine","startsAt":"2099-08-01T21:30:00+02:00""#).status == 201)
        let unknown = try await list(UUID().uuidString.lowercased())
        #expect(unknown.status == 400 && unknown.fields == ["performanceId"])
        #expect(try await list("1").fields == ["performanceId"])
        // Another seller's proposal is unknown, too.
        let others = api.client()
        try await others.signUp()
        let proposal = try await propose("Secret", by: others)
        #expect(try await list(proposal).fields == ["performanceId"])
        try await api.stop()
    }

    @Test func listingsFollowTheirPerformance() async throws {
        let id = try await propose()
        let listing = try await list(id).text("id")
        let path = "/api/admin/performances/\(id)"
        try await admin.send(.post, "\(path)/postpone")
        let postponed = try await wait(for: listing) { $0["suspended"] as? String == "postponed" }
        #expect(postponed["withdrawn"] as? Bool == true && postponed["available"] as? Int == 0)
        #expect(try await offers(id).list.isEmpty)
        #expect(try await list(id).problem == "conflict")
        try await admin.send(.put, path, json: #"{"startsAt":"2099-09-01T19:30:00Z"}"#)
        let moved = try await wait(for: listing) { $0["withdrawn"] as? Bool == false }
        #expect((moved["startsAt"] as? String ?? "").hasPrefix("2099-09-01") && moved["suspended"] == nil)
        #expect(try await offers(id).list.count == 1)

        let buyer = api.client()
        try await buyer.signUp()
        let order = try await buyer.order(try #require(ListingID(listing)), price: 2500)
        try #require(order.status == 201, "\(order.text)")
        try await admin.send(.post, "\(path)/cancel")
        let closed = try await wait(for: listing) { $0["suspended"] as? String == "event_cancelled" }
        #expect(closed["withdrawn"] as? Bool == true)
        try await eventually("the order is cancelled") {
            try await buyer.send(.get, "/api/orders/\(order.text("id"))").text("reason") == "event_cancelled"
        }
        let late = try await buyer.order(try #require(ListingID(listing)), price: 2500)
        #expect(late.status == 409 && late.text("detail").contains("cancelled"), "\(late.text)")
        try await api.stop()
    }

    @Test func theOffersOfAMergedPerformanceAreTheWinners() async throws {
        let (loser, winner) = (try await propose("Loser"), try await propose("Winner", day: "02"))
        let listing = try await list(loser).text("id")
        try await admin.send(
            .post, "/api/admin/merges", json: #"{"kind":"performance","from":"\#(loser)","into":"\#(winner)"}"#)
        _ = try await wait(for: listing) { $0["performanceId"] as? String == winner }
        for id in [loser, winner] {
            #expect(try await offers(id).list.compactMap { $0["title"] as? String } == ["Winner"])
        }
        #expect(try await list(loser).text("performanceId") == winner)
        try await api.stop()
    }
}
