import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// The admin pages.
@Suite(.timeLimit(.minutes(2))) struct AdminPagesTests {
    private func admin(_ api: RunningAPI) async throws -> TestUser {
        let fan = try await TestUser.signUp(at: api)
        try await ProductProcess.run("gittix", ["users", "promote", fan.id], environment: api.environment)
        return fan
    }

    @Test func userIsFoundBannedAndUnbanned() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let admin = try await admin(api)
        let rogue = try await api.client().signUp("rogue@example.com")
        #expect(try await admin.browser.visit("/admin").expect(303)[header: "Location"] == "/admin/users")
        let found = try await admin.page("/admin/users?q=ROGUE&status=active")
        #expect(found.text.contains("href=\"/admin/users/\(rogue.id)\""))
        #expect(try await !admin.page("/admin/users?q=rogue&status=banned").text.contains("\(rogue.id)"))
        #expect(try await admin.page("/admin/users?q=nobody").text.contains("No users found"))
        for wrong in ["q=%00", "q=%E2%80%AE", "status=dead", "q=" + String(repeating: "x", count: 300)] {
            let page = try await admin.page("/admin/users?\(wrong)")
            #expect(page.text.contains("-error\""), "\(wrong)")
        }

        let path = "/admin/users/\(rogue.id)"
        let ban = try await admin.form(path, to: path + "/ban")
        for reason in ["", " ", String(repeating: "x", count: 501)] {
            let page = try await admin.browser.send(ban.filled(["reason": reason])).expect(422)
            #expect(page.text.contains("id=\"reason-error\""))
        }
        let banning = ban.filled(["reason": "sells <b>air</b>"])
        for _ in 0..<2 { #expect(try await admin.browser.send(banning).expect(303)[header: "Location"] == path) }
        let banned = try await admin.page(path)
        #expect(banned.text.contains("sells &lt;b&gt;air&lt;/b&gt;"))
        let unban = try #require(HTMLForm(banned.text, to: path + "/unban"))
        for _ in 0..<2 { #expect(try await admin.browser.send(unban).expect(303)[header: "Location"] == path) }
        // The first form, sent again by the back button, does not ban the user again.
        #expect(try await admin.browser.send(banning).expect(303)[header: "Location"] == path)
        #expect(HTMLForm(try await admin.page(path).text, to: path + "/ban") != nil)
        try await api.stop()
    }

    @Test func adminCannotBanThemselves() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let admin = try await admin(api)
        let path = "/admin/users/\(admin.id)"
        #expect(try await HTMLForm(admin.page(path).text, to: path + "/ban") == nil)
        let page = try await admin.browser.send(HTMLForm(to: path + "/ban", ["reason": "x"])).expect(409)
        #expect(page.text.contains("role=\"alert\""))
        try await api.stop()
    }

    @Test func otherUsersAreRefused() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let fan = try await TestUser.signUp(at: api)
        for path in [
            "/admin", "/admin/users", "/admin/search", "/admin/security", "/admin/users/\(fan.id)", "/admin/orders",
            "/admin/orders/\(fan.id)",
        ] {
            let page = try await fan.page(path, 403)
            #expect(page.text.contains("Only admins may do this") && page.text.contains("href=\"/\""))
            let away = try await TestUser.browser(at: api).visit(path).expect(303)
            #expect(away[header: "Location"]?.hasPrefix("/signin?next=%2Fadmin") == true)
        }
        for action in ["ban", "unban"] {
            _ = try await fan.browser.send(HTMLForm(to: "/admin/users/\(fan.id)/\(action)", ["reason": "x"]))
                .expect(403)
        }
        try await api.stop()
    }

    @Test func ordersAreFoundAndShown() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let (admin, seller, buyer) = (
            try await admin(api), try await TestUser.signUp(at: api), try await TestUser.signUp(at: api)
        )
        let ticket = try await seller.sell(["quantity": "40"])
        var orders: [String] = []
        for _ in 0..<21 { orders.append(try await buyer.hold(ticket)) }
        let path = "/admin/orders?q=\(buyer.id)&status=awaiting_payment"
        let first = try await admin.page(path)
        #expect(first.text.contains("/admin\(orders[20])\"") && !first.text.contains("/admin\(orders[0])\""))
        let older = try #require(first.text.firstMatch(of: /href="([^"]+)">Older/)).1
            .replacing("&amp;", with: "&")
        let second = try await admin.page(String(older))
        #expect(second.text.contains("/admin\(orders[0])\"") && !second.text.contains("/admin\(orders[20])\""))
        #expect(try await admin.page("/admin/orders?q=nonsense").text.contains("No orders found"))
        let page = try await admin.page("/admin\(orders[3])")
        #expect(page.text.contains("data-status=\"awaiting_payment\"") && page.text.contains("Radio Nord"))
        #expect(page.text.contains("/admin/users/\(buyer.id)"))
        _ = try await admin.page("/admin/orders/x", 404)
        try await api.stop()
    }

    @Test func oneBoxFindsUsersOrdersAndListings() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let admin = try await admin(api)
        let buyer = try await api.client().signUp("mira.k@example.com")
        let client = api.client()
        try await client.send(
            .post, "/api/users/signin", json: #"{"email":"mira.k@example.com","password":"\#(APIClient.password)"}"#)
        let seller = api.client()
        try await seller.signUp("seller.of.it@example.com")
        let listing = try await seller.list(title: "Flamenco & Fado").id
        let order = try await client.order(listing).text("id")

        // A search text that matches only one object leads to the page of that object.
        let pages = [
            (buyer.id.description, "/admin/users/\(buyer.id)"), (order, "/admin/orders/\(order)"),
            (listing.description, "/admin/tickets/\(listing)"), ("SELLER.of", "/admin/users/"),
            (listing.description.uppercased(), "/admin/tickets/\(listing)"),
        ]
        for (text, path) in pages {
            let found = try await admin.browser.visit("/admin/search?q=\(text)").expect(303)
            #expect(found[header: "Location"]?.hasPrefix(path) == true, "\(text)")
        }
        // A user's orders are found by the user's e-mail address. Ids that are created within the same minute begin
        // with the same digits.
        for text in ["mira", String(order.prefix(7))] {
            let found = try await admin.page("/admin/search?q=\(text)").text
            #expect(found.contains("/admin/users/\(buyer.id)") && found.contains("/admin/orders/\(order)"), "\(text)")
        }
        try await eventually("the listing is found by its words") {
            try await admin.browser.visit("/admin/search?q=fado")[header: "Location"] == "/admin/tickets/\(listing)"
        }
        #expect(try await admin.page("/admin/search").text.contains("Search for the start"))
        #expect(try await admin.page("/admin/search?q=pi_unknown").text.contains("Nothing found"))
        #expect(try await admin.page("/admin/search?q=%3Cb%3Enobody").text.contains("value=\"&lt;b&gt;nobody\""))
        _ = try await admin.page("/admin/search?q=%00", 400)
        try await api.stop()
    }
}
