import CurlClient
import Foundation
import Support
import Testing

@testable import API

/// The statuses of the catalogue's routes.
extension StatusHarness {
    private static let respondAsync = ["Prefer": "respond-async"]
    private static let upload =
        #"{"source":"programme","format":"csv","execute":true,"country":"NO","timeZone":"Europe/Oslo","#
        + #""text":"id,title,venue,city,start\n1,Upload,Opera,Oslo,2099-08-01T19:30"}"#

    private func proposal(_ title: String) -> String {
        #"{"title":"\#(title)","category":"concert","performers":"\#(title)","venue":"\#(title)","city":"Oslo","#
            + #""country":"NO","timeZone":"Europe/Oslo","startsAt":"2099-08-01T19:30:00Z"}"#
    }

    private func propose(_ title: String, by client: APIClient? = nil) async throws -> String {
        try await (client ?? admin).send(.post, "/api/performances", json: proposal(title)).text("id")
    }

    private func performer(of event: String) async throws -> String {
        let performers = try await admin.send(.get, "/api/events/\(event)").json["performers"] as? [[String: Any]]
        return performers?.first?["id"] as? String ?? ""
    }

    private func merge(_ kind: String, _ from: String, _ into: String) -> String {
        #"{"kind":"\#(kind)","from":"\#(from)","into":"\#(into)"}"#
    }

    /// Sends each command of admins about one entry.
    private func curate(
        _ client: APIClient, _ id: String, performer: String, into: String, _ headers: [String: String] = [:],
        expecting status: Int
    ) async throws {
        for action in ["approve", "postpone", "cancel", "reject"] {
            try await client.send(.post, "/api/admin/performances/\(id)/\(action)", headers).expect(status)
        }
        let start = #"{"startsAt":"2098-08-01T19:30:00Z"}"#
        try await client.send(.put, "/api/admin/performances/\(id)", json: start, headers).expect(status)
        try await client.send(.put, "/api/admin/events/\(id)", json: #"{"title":"New"}"#, headers).expect(status)
        try await client.send(.put, "/api/admin/venues/\(id)", json: #"{"venue":"New"}"#, headers).expect(status)
        try await client.send(.put, "/api/admin/performers/\(performer)", json: #"{"name":"New"}"#, headers)
            .expect(status)
        try await client.send(.post, "/api/admin/merges", json: merge("event", id, into), headers).expect(status)
    }

    /// Causes 2xx.
    func succeedInCatalogue() async throws {
        let (one, two) = (try await propose("One"), try await propose("Two"))
        for path in ["performances", "events", "venues"] {
            try await stranger.send(.get, "/api/\(path)").expect(200)
            try await stranger.send(.get, "/api/\(path)/\(one)").expect(200)
        }
        try await stranger.send(.get, "/api/performances/\(one)/offers").expect(200)
        try await stranger.send(.get, "/api/quotes?ask=4500&performance=\(one)").expect(200)
        try await stranger.send(.get, "/api/policies").expect(200)
        try await admin.send(.get, "/api/admin/proposals").expect(200)
        try await seller.send(.post, "/api/performances", json: proposal("Later"), Self.respondAsync).expect(202)
        let (good, bad) = (try await propose("Good", by: seller), try await propose("Bad", by: seller))
        try await admin.send(.post, "/api/admin/performances/\(good)/approve").expect(200)
        try await admin.send(.post, "/api/admin/performances/\(bad)/reject").expect(200)
        try await admin.send(.post, "/api/admin/performances/\(one)/postpone").expect(200)
        let start = #"{"startsAt":"2099-09-01T19:30:00Z"}"#
        try await admin.send(.put, "/api/admin/performances/\(one)", json: start).expect(200)
        try await admin.send(.put, "/api/admin/events/\(one)", json: #"{"title":"First"}"#).expect(200)
        try await admin.send(.put, "/api/admin/venues/\(one)", json: #"{"address":"Road 1"}"#).expect(200)
        let performer = try await performer(of: one)
        try await admin.send(.put, "/api/admin/performers/\(performer)", json: #"{"name":"Uno"}"#).expect(200)
        try await admin.send(.post, "/api/admin/merges", json: merge("event", two, one)).expect(200)
        try await admin.send(.post, "/api/admin/imports", json: Self.upload).expect(200)
        try await admin.send(.post, "/api/admin/performances/\(one)/cancel").expect(200)
        let some = UUID().uuidString.lowercased()
        try await curate(admin, one, performer: some, into: some, Self.respondAsync, expecting: 202)
    }

    /// Causes 304, 404, 409, 412 and 422.
    func conflictInCatalogue() async throws {
        let some = UUID().uuidString.lowercased()
        try await curate(admin, some, performer: some, into: some, expecting: 404)
        try await stranger.send(.get, "/api/quotes?ask=4500&performance=\(some)").expect(404)
        let unknown = #"{"eventId":"\#(some)","venueId":"\#(some)","startsAt":"2099-08-01T19:30:00Z"}"#
        try await seller.send(.post, "/api/performances", json: unknown).expect(404)

        let (loser, winner, third) = (
            try await propose("Loser"), try await propose("Winner"), try await propose("Third")
        )
        let known = #"{"eventId":"\#(winner)","venueId":"\#(winner)","startsAt":"2099-08-01T19:30:00Z"}"#
        try await seller.send(.post, "/api/performances", json: known).expect(409)
        for kind in ["performance", "event", "venue"] {
            try await admin.send(.post, "/api/admin/merges", json: merge(kind, loser, winner)).expect(200)
        }
        let performers = (try await performer(of: winner), try await performer(of: third))
        let names = merge("performer", performers.1, performers.0)
        try await admin.send(.post, "/api/admin/merges", json: names).expect(200)
        try await curate(admin, loser, performer: performers.1, into: third, expecting: 409)

        try await putBackScam(at: third)

        for path in ["performances", "events", "venues"] {
            try await buyer.send(.get, "/api/\(path)/\(third)", ["If-None-Match": "*"]).expect(304)
            try await buyer.send(.get, "/api/\(path)/\(third)", ["If-Match": "\"x\""]).expect(412)
            try await admin.send(.put, "/api/admin/\(path)/\(third)", json: "{}", ["If-Match": "\"999\""]).expect(412)
        }

        let key = ["Idempotency-Key": "once"]
        for (id, into) in [(third, winner), (winner, third)] {
            try await seller.send(.post, "/api/performances", json: proposal(id), key)
            for action in ["approve", "postpone", "cancel", "reject"] {
                try await admin.send(.post, "/api/admin/performances/\(id)/\(action)", key)
            }
            let start = #"{"startsAt":"2097-08-01T19:30:00Z"}"#
            try await admin.send(.put, "/api/admin/performances/\(id)", json: start, key)
            try await admin.send(.put, "/api/admin/events/\(id)", json: #"{"title":"New"}"#, key)
            try await admin.send(.put, "/api/admin/venues/\(id)", json: #"{"venue":"New"}"#, key)
            let performer = id == third ? performers.0 : some
            try await admin.send(.put, "/api/admin/performers/\(performer)", json: #"{"name":"New"}"#, key)
            try await admin.send(.post, "/api/admin/merges", json: merge("performance", id, into), key)
        }
    }

    /// Tries to put back a listing that was taken down as a scam, after somebody else has listed the seat that it sold.
    private func putBackScam(at performance: String) async throws {
        let seat = #"{"performanceId":"\#(performance)","price":2500,"seats":["12"],"section":"B","row":"7"}"#
        let scam = try await seller.send(.post, "/api/tickets", json: seat).text("id")
        let wish = #"{"ticketId":"\#(scam)","quantity":1,"price":2500,"currency":"USD"}"#
        let order = try await buyer.send(.post, "/api/orders", json: wish).text("id")
        let payment = try await buyer.send(.post, "/api/payments", json: #"{"orderId":"\#(order)"}"#)
        try await pay(payment.text("url"))
        try await eventually("the order is complete") {
            try await buyer.send(.get, "/api/orders/\(order)").text("status") == "complete"
        }
        let takeDown = "/api/admin/tickets/\(scam)/take-down"
        try await admin.send(.post, takeDown, json: #"{"reason":"scam"}"#).expect(200)
        try await eventually("the seat can be listed") {
            try await stranger.send(.post, "/api/tickets", json: seat).status == 201
        }
        try await admin.send(.delete, takeDown).expect(409)
    }

    /// Causes 429 by users who have used up their commands, and by an address that has used up its searches.
    func limitCatalogue(_ eager: APIClient, _ chief: APIClient) async throws {
        try await eager.send(.post, "/api/performances", json: proposal("Many")).expect(429)
        let third = try await propose("Limited")
        let performer = try await performer(of: third)
        try await curate(chief, third, performer: performer, into: third, expecting: 429)
        let new = Self.upload.replacing("Upload", with: "Limited")
        try await chief.send(.post, "/api/admin/imports", json: new).expect(429)
        for path in ["performances", "events", "venues", "performances/\(third)/offers", "quotes"] {
            try await use(up: "/api/\(path)", by: chief)
        }
    }

    /// Causes 503.
    func curateWithoutRedis() async throws {
        try await seller.send(.post, "/api/performances", json: proposal("None")).expect(503)
        let known = try await stranger.send(.get, "/api/performances?limit=1").list.first?["id"] as? String ?? ""
        let performer = UUID().uuidString.lowercased()
        try await curate(admin, known, performer: performer, into: performer, expecting: 503)
        let other = Self.upload.replacing("Upload", with: "Other")
        try await admin.send(.post, "/api/admin/imports", json: other).expect(503)
    }
}
