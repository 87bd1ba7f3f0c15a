import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// Routes for admins.
@Suite(.timeLimit(.minutes(2))) struct AdminTests {
    private func promoted(_ api: RunningAPI, _ email: String = "admin@example.com") async throws -> APIClient {
        let client = api.client()
        try await client.signUp(email)
        try await ProductProcess.run("gittix", ["users", "promote", email], environment: api.environment)
        return client
    }

    @Test func adminsFindBanAndUnbanUsers() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let admin = try await promoted(api)
        let rogue = api.client()
        let user = try await rogue.signUp("rogue@example.com")
        for number in 0..<5 { try await api.client().signUp("fan\(number)@example.com") }

        var (path, emails): (String?, [String]) = ("/api/admin/users?q=fan&limit=2", [])
        while let here = path {
            let answer = try await admin.send(.get, here)
            emails += answer.list.compactMap { $0["email"] as? String }
            path = answer[header: "Link"].flatMap { $0.firstMatch(of: /<([^>]+)>/).map { String($0.1) } }
        }
        #expect(emails == (0..<5).reversed().map { "fan\($0)@example.com" })
        // A cursor is only valid for its list.
        let link = try await admin.send(.get, "/api/admin/users?q=fan&limit=2")[header: "Link"] ?? ""
        let cursor = try #require(link.firstMatch(of: /cursor=([^>&]+)/)).1
        #expect(try await admin.send(.get, "/api/admin/users?cursor=\(cursor)").status == 400)
        #expect(try await admin.send(.get, "/api/admin/users?q=%00").status == 400)
        #expect(try await admin.send(.get, "/api/admin/users?status=dead").status == 400)

        let ban = "/api/admin/users/\(user.id)/ban"
        for reason in ["", "  ", String(repeating: "x", count: 501), "a\u{202E}b"] {
            let json = String(decoding: ResponseJSON.encode(["reason": reason]), as: UTF8.self)
            #expect(try await admin.send(.post, ban, json: json).fields == ["reason"])
        }
        let json = #"{"reason":"sells what is not there"}"#
        let banned = try await admin.send(.post, ban, json: json)
        #expect(banned.text("status") == "banned" && banned.json["version"] as? Int == 2)
        #expect(try await admin.send(.post, ban, json: #"{"reason":"other"}"#).json["version"] as? Int == 2)
        let account: AccountRepresentation = try await admin.send(.get, "/api/admin/users/\(user.id)").decode()
        #expect(account.banReason == "sells what is not there" && account.sessions == 0)
        #expect(
            try await admin.send(.get, "/api/admin/users?status=banned").list.map { $0["email"] as? String }
                == ["rogue@example.com"])
        while try await rogue.send(.get, "/api/orders").status != 403 {}
        #expect(try await admin.send(.delete, ban).text("status") == "active")
        // The ban has ended the user's sessions.
        let credentials = #"{"email":"rogue@example.com","password":"\#(APIClient.password)"}"#
        #expect(try await rogue.send(.post, "/api/users/signin", json: credentials).status == 200)
        while try await rogue.send(.get, "/api/orders").status != 200 {}
        try await api.stop()
    }

    /// The role in the token may be outdated, so it is ignored.
    @Test func membersAndFormerAdminsAreRefused() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let (admin, former) = (try await promoted(api), try await promoted(api, "former@example.com"))
        let member = api.client()
        let user = try await member.signUp()
        for path in ["users", "users/\(user.id)", "orders", "orders/\(user.id)"] {
            #expect(try await member.send(.get, "/api/admin/\(path)").status == 403)
            #expect(try await api.client().send(.get, "/api/admin/\(path)").status == 401)
        }
        let ban = "/api/admin/users/\(user.id)/ban"
        #expect(try await member.send(.post, ban, json: #"{"reason":"x"}"#).status == 403)
        #expect(try await member.send(.delete, ban).status == 403)
        #expect(try await former.send(.get, "/api/admin/users").status == 200)
        try await ProductProcess.run(
            "gittix", ["users", "demote", "former@example.com"], environment: api.environment)
        #expect(try await former.send(.get, "/api/admin/users").status == 403)
        #expect(try await former.send(.post, ban, json: #"{"reason":"x"}"#).status == 403)
        #expect(try await admin.send(.get, "/api/admin/users/\(user.id)").text("status") == "active")
        let me = try await admin.send(.get, "/api/admin/users?q=admin").list[0]["id"] as? String ?? ""
        #expect(try await admin.send(.post, "/api/admin/users/\(me)/ban", json: #"{"reason":"x"}"#).status == 409)
        try await api.stop()
    }

    @Test func adminsFindOrders() async throws {
        let api = try await RunningAPI.start(workers: [.users, .listings, .orders])
        let admin = try await promoted(api)
        let (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp("buyer+1@example.com")
        let (one, two) = (try await seller.list(quantity: 5), try await seller.list(quantity: 5))
        var orders: [String] = []
        for ticket in [one, two, one] { orders.append(try await buyer.order(ticket.id).text("id")) }
        try await buyer.send(.delete, "/api/orders/\(orders[0])")
        func found(_ query: String) async throws -> [String] {
            try await admin.send(.get, "/api/admin/orders\(query)").list.compactMap { $0["id"] as? String }
        }
        #expect(try await found("") == orders.reversed())
        #expect(try await found("?limit=1") == [orders[2]])
        #expect(try await found("?q=\(one.id)") == [orders[2], orders[0]])
        #expect(try await found("?q=\(one.id)&status=cancelled") == [orders[0]])
        #expect(try await found("?q=\(orders[1])") == [orders[1]])
        #expect(try await found("?q=Buyer%2B1@example.com&status=awaiting_payment") == [orders[2], orders[1]])
        #expect(try await found("?q=nobody@example.com") == [])
        #expect(try await found("?q=nonsense") == [])
        #expect(try await admin.send(.get, "/api/admin/orders/\(orders[0])").text("status") == "cancelled")
        try await api.stop()
    }
}
