import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// Reports of listings, take-downs, and the frozen orders of banned sellers, without scripts.
@Suite(.timeLimit(.minutes(2))) struct ModerationPagesTests {
    private func admin(_ api: RunningAPI) async throws -> TestUser {
        let fan = try await TestUser.signUp(at: api)
        try await ProductProcess.run("gittix", ["users", "promote", fan.id], environment: api.environment)
        return fan
    }

    @Test func aListingIsReportedAndTakenDown() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let (admin, seller) = (try await admin(api), try await TestUser.signUp(at: api))
        let fan = try await TestUser.signUp(at: api)
        let ticket = try await seller.sell(["title": "Nord"])
        let id = ticket.split(separator: "/").last.map(String.init) ?? ""

        // A report.
        #expect(try await fan.page(ticket).text.contains("href=\"\(ticket)/report\""))
        #expect(try await !seller.page(ticket).text.contains("href=\"\(ticket)/report\""))
        #expect(
            try await TestUser.browser(at: api).visit(ticket + "/report").expect(303)[header: "Location"]?
                .hasPrefix("/signin?next=") == true)
        let form = try await fan.form(ticket + "/report")
        #expect(try await fan.browser.send(form.filled(["reason": "x"])).expect(422).text.contains("reason-error"))
        let report = form.filled(["reason": "scam", "text": "<b>fake</b>"])
        for _ in 0..<2 {
            #expect(try await fan.browser.send(report).expect(303)[header: "Location"] == ticket + "/report")
        }
        #expect(try await fan.page(ticket + "/report").text.contains("Thanks for your report"))

        // The queue.
        let page = "/admin/tickets/\(id)"
        #expect(try await admin.page("/admin/reports").text.contains("href=\"\(page)\""))
        #expect(try await admin.page(page).text.contains("&lt;b&gt;fake&lt;/b&gt;"))
        let order = try await fan.hold(ticket)

        // The take-down.
        let takeDown = try await admin.form(page, to: page + "/take-down")
        #expect(try await admin.browser.send(takeDown.filled(["reason": ""])).expect(422).text.contains("reason-error"))
        let filled = takeDown.filled(["reason": "wrong_details", "note": "Which <i>hall</i>?"])
        #expect(try await admin.browser.send(filled).expect(303)[header: "Location"] == page)
        let own = try await seller.page(ticket).text
        #expect(own.contains("We removed this listing") && own.contains("Which &lt;i&gt;hall&lt;/i&gt;?"))
        #expect(!(try await fan.page(ticket).text.contains("hall")), "only the seller sees the note")
        let listings = try await seller.page("/listings").text
        #expect(listings.contains("Removed by us") && HTMLForm(listings, to: ticket + "/relist") == nil)
        #expect(try await admin.page("/admin/reports").text.contains("No open reports"))
        while try await !fan.page(order).text.contains("We removed this listing") {}

        let back = try await admin.form(page, to: page + "/put-back")
        #expect(try await admin.browser.send(back).expect(303)[header: "Location"] == page)
        #expect(try await !seller.page(ticket).text.contains("We removed this listing"))
        let log = try await admin.page(page).text
        #expect(log.contains("Put back") && log.contains("Taken down: Wrong details"))
        try await api.stop()
    }

    @Test func membersHaveNoAccess() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let (seller, fan) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        let ticket = try await seller.sell()
        for path in ["/admin/reports", "/admin\(ticket)", "/admin/frozen"] { _ = try await fan.page(path, 403) }
        for action in ["take-down", "put-back", "dismiss"] {
            _ = try await fan.browser.send(HTMLForm(to: "/admin\(ticket)/\(action)", ["reason": "scam"])).expect(403)
        }
        _ = try await fan.browser.send(HTMLForm(to: "/admin/orders/\(OrderID.new())/unfreeze", [:])).expect(403)
        try await api.stop()
    }

    @Test func programsReportAndModerate() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let (admin, seller, fan) = (api.client(), api.client(), api.client())
        try await admin.signUp("admin@example.com")
        try await ProductProcess.run("gittix", ["users", "promote", "admin@example.com"], environment: api.environment)
        try await seller.signUp("seller@example.com")
        try await fan.signUp("fan@example.com")
        let show = #""startsAt":"2099-07-01T20:00:00+02:00","timeZone":"Europe/Berlin""#
        let json = #"{"title":"Nord","price":4500,"venue":"Astra","city":"Berlin",\#(show)}"#
        let ticket = try await seller.send(.post, "/api/tickets", json: json)
        let id = ticket.text("id")
        let path = "/api/tickets/\(id)/reports"
        #expect(try await api.client().send(.post, path, json: #"{"reason":"scam"}"#).status == 401)
        for body in [#"{"reason":"bad"}"#, #"{}"#, #"{"reason":"scam","text":" \u0000"}"#] {
            #expect(try await fan.send(.post, path, json: body).status == 400, "\(body)")
        }
        #expect(try await fan.send(.post, path, json: #"{"reason":"scam","text":"fake"}"#).status == 201)
        #expect(try await seller.send(.post, path, json: #"{"reason":"scam"}"#).status == 409)
        let queue = try await admin.send(.get, "/api/admin/reports")
        #expect(queue.list.first?["open"] as? Int == 1)
        #expect(try await admin.send(.get, "/api/admin/tickets/\(id)/reports").list.first?["text"] as? String == "fake")
        #expect(try await admin.send(.delete, "/api/admin/tickets/\(id)/reports").status == 204)
        #expect(try await admin.send(.get, "/api/admin/reports").list.isEmpty)
        let takeDown = "/api/admin/tickets/\(id)/take-down"
        #expect(try await fan.send(.post, takeDown, json: #"{"reason":"scam"}"#).status == 403)
        #expect(try await admin.send(.post, takeDown, json: #"{"reason":"bad"}"#).status == 400)
        #expect(try await admin.send(.post, takeDown, json: #"{"reason":"scam"}"#).status == 200)
        #expect(try await seller.send(.get, "/api/tickets/\(id)").json["takenDown"] != nil)
        #expect(try await fan.send(.get, "/api/tickets/\(id)").json["takenDown"] == nil)
        #expect(try await admin.send(.delete, takeDown).json["withdrawn"] as? Bool == false)
        #expect(try await admin.send(.get, "/api/admin/frozen-orders").list.isEmpty)
        try await api.stop()
    }
}
