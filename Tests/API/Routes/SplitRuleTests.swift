import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// Split rules over the JSON API. The client checks every response against the OpenAPI document.
@Suite(.timeLimit(.minutes(2))) struct SplitRuleTests {
    private static func listing(_ quantity: Int, _ rule: String) -> String {
        APIClient.listing(quantity: quantity, APIClient.show + #","splitRule":"\#(rule)""#)
    }

    @Test func aSellerOfAPairNeverEndsWithASingle() async throws {
        let api = try await RunningAPI.start(workers: JourneyTests.services)
        let (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp()
        let made = try await seller.send(.post, "/api/tickets", json: Self.listing(4, "pairs")).having(201)
        #expect(made.text("splitRule") == "pairs" && made.json["splits"] as? [Int] == [2, 4])
        let ticket = try #require(ListingID(made.text("id")))

        let found = try await buyer.send(.get, "/api/tickets?quantity=2").list.compactMap { $0["id"] as? String }
        #expect(found == [ticket.description])
        #expect(try await buyer.send(.get, "/api/tickets?quantity=3").list.isEmpty)

        let refused = try await buyer.order(ticket, quantity: 1, price: 100).having(409)
        #expect(refused.problem == "quantity-not-offered" && refused.json["splits"] as? [Int] == [2, 4])
        let order = try await buyer.order(ticket, quantity: 2, price: 100).having(201)
        let second = try await buyer.order(ticket, quantity: 1, price: 100).having(409)
        #expect(second.json["splits"] as? [Int] == [2])
        try await buyer.send(.delete, "/api/orders/\(order.text("id"))").having(204)
        try await buyer.order(ticket, quantity: 4, price: 100).having(201)
        try await api.stop()
    }

    @Test func rulesThatDoNotFitAreRefused() async throws {
        let api = try await RunningAPI.start(workers: JourneyTests.services)
        let (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp()
        for (quantity, rule) in [(3, "pairs"), (1, "no_single"), (7, "3,5"), (65, "all_together")] {
            let refused = try await seller.send(.post, "/api/tickets", json: Self.listing(quantity, rule)).having(400)
            #expect(refused.problem == "lot-does-not-split")
        }
        for rule in ["", "singles", "4,2", "2, 4", "0", "65", "2,"] {
            let refused = try await seller.send(.post, "/api/tickets", json: Self.listing(4, rule))
            #expect(refused.status == 400 && refused.problem == "invalid", "\(rule)")
        }

        let ticket = try await seller.list(quantity: 4)
        let path = "/api/tickets/\(ticket.id)"
        let order = try await buyer.order(ticket.id).having(201)
        try await eventually("the order is counted") {
            try await seller.send(.get, path).json["available"] as? Int == 3
        }
        let busy = try await seller.send(.put, path, json: #"{"splitRule":"pairs"}"#).having(409)
        #expect(busy.problem == "split-busy")
        try await buyer.send(.delete, "/api/orders/\(order.text("id"))").having(204)
        try await eventually("the order is counted") {
            try await seller.send(.get, path).json["available"] as? Int == 4
        }
        let changed = try await seller.send(.put, path, json: #"{"splitRule":"pairs"}"#).having(200)
        #expect(changed.json["splits"] as? [Int] == [2, 4])
        let removed = try await seller.send(.put, path, json: #"{"splitRule":"any"}"#).having(200)
        #expect(removed.json["splitRule"] == nil && removed.json["splits"] == nil)
        try await api.stop()
    }
}

extension APIClient.Answer {
    /// Requires a status, and returns the answer.
    @discardableResult
    func having(_ status: Int) throws -> APIClient.Answer {
        try #require(self.status == status, "\(text)")
        return self
    }
}
