import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// Listings with seats over the JSON API. The client checks every response against the OpenAPI document.
@Suite(.timeLimit(.minutes(2))) struct SeatTests {
    private let api: RunningAPI
    private let seller: APIClient
    private let buyer: APIClient
    private let performance: String

    init() async throws {
        api = try await RunningAPI.start(workers: [.users, .catalogue, .listings, .orders])
        (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp()
        let admin = api.client()
        try await admin.signUp("admin@example.com")
        try await ProductProcess.run(
            "gittix", ["users", "promote", "admin@example.com"], environment: api.environment)
        performance = try await admin.send(
            .post, "/api/performances",
            json: #"{"title":"Vespertine","category":"concert","venue":"Harpa","city":"Reykjavík","country":"IS","#
                + #""timeZone":"Atlantic/Reykjavik","startsAt":"2099-08-01T19:30:00Z"}"#
        ).having(201).text("id")
    }

    private func list(
        _ seats: String, by client: APIClient? = nil, _ others: String = #","section":"B","row":"7""#
    ) async throws -> APIClient.Answer {
        try await (client ?? seller).send(
            .post, "/api/tickets",
            json: #"{"performanceId":"\#(performance)","price":2500,"seats":\#(seats)\#(others)}"#)
    }

    private func order(_ ticket: String, _ members: String) async throws -> APIClient.Answer {
        try await buyer.send(.post, "/api/orders", json: #"{"ticketId":"\#(ticket)","price":2500,\#(members)}"#)
    }

    @Test func seatsAreListedOrderedAndGivenBack() async throws {
        let made = try await list(#"["11"," 12","13","14"]"#).having(201)
        #expect(made.json["seats"] as? [String] == ["11", "12", "13", "14"] && made.json["quantity"] as? Int == 4)
        #expect(made.json["availableSeats"] as? [String] == ["11", "12", "13", "14"])
        #expect(made.json["splits"] as? [Int] == [1, 2, 3, 4])
        let ticket = made.text("id")
        let held = try await order(ticket, #""seats":["12","13"]"#).having(201)
        #expect(held.json["seats"] as? [String] == ["12", "13"] && held.json["quantity"] as? Int == 2)
        #expect(try await order(ticket, #""quantity":2"#).having(409).problem == "quantity-not-offered")
        #expect(try await order(ticket, #""seats":["13","14"]"#).having(409).problem == "sold-out")
        #expect(try await order(ticket, #""seats":["15"]"#).having(400).fields == ["seats"])
        #expect(try await order(ticket, #""quantity":1,"seats":["11","14"]"#).having(400).fields == ["quantity"])
        try await buyer.send(.delete, "/api/orders/\(held.text("id"))").having(204)
        let all = try await order(ticket, #""quantity":4"#).having(201)
        #expect(all.json["seats"] as? [String] == ["11", "12", "13", "14"])
        #expect(try await buyer.send(.get, "/api/orders/\(all.text("id"))").json["seats"] as? [String] != nil)
        try await api.stop()
    }

    @Test func seatsThatCannotBeListedAreRefused() async throws {
        for (seats, others, field) in [
            ("[]", #","section":"B","row":"7""#, "seats"), (#""11""#, #","section":"B","row":"7""#, "seats"),
            (#"["11",12]"#, #","section":"B","row":"7""#, "seats"),
            (#"["1 1"]"#, #","section":"B","row":"7""#, "seats"),
            (#"["11"]"#, #","section":"B""#, "row"), (#"["11"]"#, #","row":"7""#, "section"),
            (#"["11"]"#, #","section":"B","row":"7","quantity":2"#, "quantity"),
        ] {
            let refused = try await list(seats, by: nil, others).having(400)
            #expect(refused.fields.contains(field), "\(seats) \(refused.text)")
        }
        let apart = try await list(#"["11","13","14"]"#).having(400)
        #expect(apart.problem == "seats-not-together")
        #expect(apart.text.contains("Seats must be next to each other. List the others separately."))

        let made = try await list(#"["11","12"]"#).having(201)
        let taken = try await list(#"["12","13"]"#, by: buyer).having(409)
        #expect(taken.problem == "seat-taken" && taken.text.contains("Seat 12 is already listed."))
        let path = "/api/tickets/\(made.text("id"))"
        #expect(try await seller.send(.put, path, json: #"{"quantity":1}"#).having(409).problem == "conflict")
        #expect(try await seller.send(.put, path, json: #"{"row":"8"}"#).having(409).problem == "conflict")
        try await seller.send(.put, path, json: #"{"splitRule":"all_together"}"#).having(200)
        try await seller.send(.delete, path).having(204)
        try await list(#"["12","13"]"#, by: buyer).having(201)
        let back = try await seller.send(.put, path, json: #"{"withdrawn":false}"#).having(409)
        #expect(back.problem == "seat-taken")
        try await api.stop()
    }

    @Test func twoSellersRaceForASeat() async throws {
        async let one = list(#"["1","2"]"#)
        async let two = list(#"["2","3"]"#, by: buyer)
        let answers = try await [one, two]
        #expect(answers.map(\.status).sorted() == [201, 409])
        #expect(answers.first { $0.status == 409 }?.problem == "seat-taken")
        try await api.stop()
    }
}
