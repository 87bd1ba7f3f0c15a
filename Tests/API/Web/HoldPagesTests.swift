import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// The form that holds tickets, with real workers: in time, too late, and sent twice.
@Suite(.timeLimit(.minutes(2))) struct HoldPagesTests {
    @Test func holdRedirectsToItsOrderAndIsMadeOnce() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        let ticket = try await seller.sell()
        let form = TestUser.holdForm(ticket, quantity: "2")
        let answers = try await concurrently(2) { _ in try await buyer.browser.send(form).expect(303) }
        let order = try #require(answers[0][header: "Location"])
        #expect(order.hasPrefix("/orders/") && answers[1][header: "Location"] == order)

        // The same form with another quantity must not create a second order.
        let page = try await buyer.browser.send(form.filled(["quantity": "1"])).expect(409)
        #expect(page.text.contains("href=\"\(order)\""))
        #expect(try await buyer.browser.get("/api/orders").json.items.count == 1)
        let again = try #require(HTMLForm(page.text, to: ticket + "/orders"))
        #expect(try await buyer.browser.send(again).expect(303)[header: "Location"] != order)
        try await api.stop()
    }

    @Test func tooHighQuantityOffersTheTicketsLeft() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let (seller, buyer, other) = (
            try await TestUser.signUp(at: api), try await TestUser.signUp(at: api), try await TestUser.signUp(at: api)
        )
        let ticket = try await seller.sell()
        _ = try await other.hold(ticket, quantity: "1")
        let form = TestUser.holdForm(ticket, quantity: "3")
        let fewer = try await buyer.browser.send(form).expect(409)
        #expect(fewer.text.contains("<h1>Only 2 tickets are left</h1>"))
        #expect(HTMLForm(fewer.text, to: ticket + "/orders")?["quantity"] == "2")
        // The same form is sent with fewer tickets. Its key has created no order before.
        let answers = try await concurrently(2) { _ in
            try await buyer.browser.send(form.filled(["quantity": "2"])).expect(303)
        }
        #expect(answers[0][header: "Location"] == answers[1][header: "Location"])
        #expect(try await buyer.browser.get("/api/orders").json.items.count == 1)

        let late = try await other.browser.send(TestUser.holdForm(ticket)).expect(409)
        #expect(late.text.contains("<h1>No tickets left</h1>") && late.text.contains("href=\"/?q=Radio%20Nord\""))
        #expect(HTMLForm(late.text, to: ticket + "/orders") == nil)
        for wrong in ["0", "", "x", "101"] {
            let page = try await other.browser.send(TestUser.holdForm(ticket, quantity: wrong)).expect(422)
            #expect(page.text.contains("id=\"quantity-error\""))
            #expect(HTMLForm(page.text, to: ticket + "/orders")?["quantity"] == wrong)
        }
        try await api.stop()
    }

    /// The limits apply to the pages and to the API. The refusals say what the buyer can do.
    @Test func limitsOnHoldsAreExplained() async throws {
        let api = try await RunningAPI.start(
            workers: SellPagesTests.pools, ["OPEN_HOLDS_PER_BUYER": "1", "UNITS_PER_BUYER": "2"])
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        let ticket = try await seller.sell()
        let many = try await buyer.browser.send(TestUser.holdForm(ticket, quantity: "3")).expect(409)
        #expect(many.text.contains("<h1>That is too many tickets</h1>"))
        #expect(many.text.contains("You can have at most 2 tickets of one listing."))
        let order = try await buyer.hold(ticket)
        let second = try await buyer.browser.send(TestUser.holdForm(ticket)).expect(409)
        #expect(second.text.contains("<h1>You have unpaid orders</h1>") && second.text.contains("href=\"/orders\""))
        let body: JSON = [
            "ticketId": .string(String(ticket.split(separator: "/").last ?? "")), "quantity": 1, "price": 4500,
        ]
        let problem = try await buyer.browser.post("/api/orders", body).expect(409)
        #expect(problem.json["type"] == "urn:gittix:problem:too-many-holds")
        _ = try await buyer.browser.delete("/api\(order)").expect(204)
        _ = try await buyer.hold(ticket)
        try await api.stop()
    }

    @Test func theFormOffersWhatTheLimitAllows() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools, ["UNITS_PER_BUYER": "2"])
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        // Three tickets.
        let ticket = try await seller.sell()
        let fresh = try await buyer.browser.visit(ticket).text
        #expect(fresh.contains("max=\"2\""))
        #expect(fresh.contains("One person can get at most 2 tickets from this listing."))

        let first = try await buyer.hold(ticket)
        let id = first.dropFirst("/orders/".count)
        let held = try await buyer.browser.visit(ticket).text
        #expect(held.contains("Continue to payment") && held.contains("Add more"))
        let more = try await buyer.browser.visit("\(ticket)?more=\(id)").text
        #expect(more.contains("max=\"1\"") && more.contains("You have 1 ticket from this listing, and can get 1 more."))

        let second = try await buyer.hold(ticket)
        #expect(try await !buyer.browser.visit(ticket).text.contains("Add more"))
        let full = try await buyer.browser.visit("\(ticket)?more=\(second.dropFirst("/orders/".count))").text
        #expect(full.contains("You have 2 tickets from this listing. One person can"), "\(full)")
        #expect(HTMLForm(full, to: ticket + "/orders") == nil)
        _ = try await buyer.browser.delete("/api\(first)").expect(204)
        #expect(
            try await buyer.browser.visit("\(ticket)?more=\(second.dropFirst("/orders/".count))").text.contains(
                "max=\"1\""))
        try await api.stop()
    }

    @Test func changedPriceNeedsConfirmation() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        let ticket = try await seller.sell()
        _ = try await seller.browser.put("/api\(ticket)", ["price": 5100]).expect(200)
        let page = try await buyer.browser.send(TestUser.holdForm(ticket, quantity: "2")).expect(409)
        #expect(page.text.contains("<h1>The price has changed</h1>"))
        #expect(page.text.contains("€90.00") && page.text.contains("€102.00"))
        #expect(try await buyer.browser.get("/api/orders").json.items.isEmpty)
        let form = try #require(HTMLForm(page.text, to: ticket + "/orders"))
        let order = try await buyer.browser.send(form).expect(303)[header: "Location"] ?? ""
        #expect(try await buyer.browser.get("/api\(order)").json["total"] == 10200)
        // The same amount in another currency is a different price.
        _ = try await seller.browser.put("/api\(ticket)", ["currency": "USD"]).expect(200)
        _ = try await buyer.browser.send(TestUser.holdForm(ticket, price: "5100")).expect(409)
        try await api.stop()
    }

    @Test func unavailableTicketsAreExplained() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        let ticket = try await seller.sell(["title": SellPagesTests.hostile.prefix(25) + "!"])
        #expect(try await seller.browser.send(TestUser.holdForm(ticket)).expect(409).text.contains("your own listing"))

        let nobody = try await TestUser.browser(at: api).send(TestUser.holdForm(ticket)).expect(401)
        let next = URLEncoding.encode(ticket)
        #expect(
            nobody.text.contains("href=\"/signin?next=\(next)\"") && nobody.text.contains("No tickets are reserved"))

        #expect(try await buyer.browser.visit(ticket + "/orders").expect(303)[header: "Location"] == ticket)

        let database = Psql(try #require(api.environment["DATABASE_URL"]))
        let id = ticket.dropFirst("/tickets/".count)
        try await database.execute("UPDATE orders.tickets SET starts_at = now() WHERE id = '\(id)'")
        let past = try await buyer.browser.send(TestUser.holdForm(ticket)).expect(409)
        #expect(past.text.contains("<h1>This event has started</h1>"))

        try await database.execute("UPDATE orders.tickets SET starts_at = now() + '1 day' WHERE id = '\(id)'")
        _ = try await seller.browser.delete("/api\(ticket)").expect(204)
        let gone = try await buyer.browser.send(TestUser.holdForm(ticket)).expect(409)
        #expect(gone.text.contains("<h1>No longer on sale</h1>") && !gone.text.contains("<script>alert"))
        #expect(try await buyer.browser.get("/api/orders").json.items.isEmpty)

        for path in ["/tickets/\(ListingID.new())", "/tickets/x"] {
            _ = try await buyer.browser.send(TestUser.holdForm(path)).expect(404)
        }
        #expect(try await buyer.browser.send(TestUser.holdForm(ticket, price: "cheap")).status == 415)
        try await api.stop()
    }
}
