import Crypto
import CurlClient
import Foundation
import Marketplace
import Support
import Synchronization
import Testing

@testable import API

/// The clients and objects of ``StatusTests``, and the requests that cause each status.
final class StatusHarness {
    let system: SystemHarness
    let document: OpenAPIDocument
    let seller: APIClient
    let buyer: APIClient
    let stranger: APIClient
    let admin: APIClient
    private var clients: [APIClient]
    private var ticket = ListingID.new()
    private var order = ""

    init(system: SystemHarness, document: OpenAPIDocument, origin: String) {
        self.system = system
        self.document = document
        seller = APIClient(origin: origin, document: document)
        buyer = APIClient(origin: origin, document: document)
        stranger = APIClient(origin: origin, document: document)
        admin = APIClient(origin: origin, document: document)
        clients = [seller, buyer, stranger, admin]
    }

    var seen: Set<String> { clients.reduce(into: []) { $0.formUnion($1.seen.withLock { $0 }) } }

    private func newClient(_ origin: String? = nil) -> APIClient {
        let client = APIClient(origin: origin ?? seller.origin, document: document)
        clients.append(client)
        return client
    }

    private func credentials(_ email: String, _ password: String = APIClient.password) -> String {
        #"{"email":"\#(email)","password":"\#(password)"}"#
    }

    private func signature(_ body: String) -> [String: String] {
        let seconds = Int(Date().timeIntervalSince1970)
        let key = SymmetricKey(data: Data((system.settings["STRIPE_WEBHOOK_SECRET"] ?? "").utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(seconds).\(body)".utf8), using: key)
        let hex = code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return ["Stripe-Signature": "t=\(seconds),v1=\(hex)"]
    }

    private static let event =
        #"{"id":"evt_9","object":"event","type":"checkout.session.completed","created":1790000000,"#
        + #""data":{"object":{"id":"cs_9","object":"checkout.session"}}}"#

    /// Causes 2xx.
    func succeed() async throws {
        for path in ["/healthz", "/readyz", "/openapi.json"] { try await stranger.send(.get, path) }
        try await seller.signUp("seller@example.com")
        try await buyer.signUp("buyer@example.com")
        let program = newClient()
        try await program.send(.post, "/api/users/signin", json: credentials("buyer@example.com"))
        let tokens = try await program.send(.post, "/api/users/token", json: credentials("buyer@example.com"))
        try await program.send(
            .post, "/api/users/refresh", json: #"{"refreshToken":"\#(tokens.text("refreshToken"))"}"#)
        try await program.send(.post, "/api/users/signout")
        try await buyer.send(.get, "/api/users/currentuser")

        ticket = try await seller.list(quantity: 3).id
        try await seller.send(.put, "/api/tickets/\(ticket)", json: #"{"title":"Another"}"#)
        try await seller.send(.patch, "/api/tickets", json: #"{"changes":[{"id":"\#(ticket)","price":1999}]}"#)
        for path in ["/api/tickets", "/api/tickets/\(ticket)"] { try await buyer.send(.get, path) }
        order = try await buyer.order(ticket).text("id")
        for path in ["/api/orders", "/api/orders/\(order)", "/api/commands/\(order)"] {
            try await buyer.send(.get, path)
        }
        let checkout = try await buyer.send(.post, "/api/payments", json: #"{"orderId":"\#(order)"}"#)
        #expect(checkout.text("url").hasPrefix("http"))
        let again = try await buyer.send(.post, "/api/payments", json: #"{"orderId":"\#(order)"}"#)
        #expect(again.text("id") == checkout.text("id"))
        let other = try await buyer.order(ticket).text("id")
        try await buyer.send(.delete, "/api/orders/\(other)")
        let withdrawn = try await seller.list()
        try await seller.send(.delete, "/api/tickets/\(withdrawn.id)")
        try await stranger.send(.post, "/webhooks/stripe", json: Self.event, signature(Self.event))

        let respondAsync = ["Prefer": "respond-async"]
        try await newClient().send(.post, "/api/users/signup", json: credentials("lazy@example.com"), respondAsync)
        let leaving = newClient()
        try await leaving.send(.post, "/api/users/signin", json: credentials("buyer@example.com"))
        try await leaving.send(.post, "/api/users/signout", respondAsync)
        try await seller.send(.post, "/api/tickets", json: APIClient.listing(), respondAsync)
        try await seller.send(.put, "/api/tickets/\(withdrawn.id)", json: "{}", respondAsync)
        try await seller.send(.delete, "/api/tickets/\(withdrawn.id)", respondAsync)
        try await buyer.send(.post, "/api/orders", json: #"{"ticketId":"\#(ticket)","price":1999}"#, respondAsync)
            .expect(202)
        try await buyer.send(.post, "/api/payments", json: #"{"orderId":"\#(order)"}"#, respondAsync)
        try await buyer.send(.delete, "/api/orders/\(other)", respondAsync)
        try await changeAccounts()
        try await administer()
        try await succeedInCatalogue()
    }

    private func email(_ email: String, _ password: String = APIClient.password) -> String {
        #"{"email":"\#(email)","password":"\#(password)"}"#
    }

    private func password(_ old: String, _ new: String) -> String { #"{"password":"\#(old)","newPassword":"\#(new)"}"# }

    private func changeAccounts() async throws {
        let mover = newClient()
        try await mover.signUp("mover@example.com")
        let (mail, path) = ("/api/users/me/email", "/api/users/me/password")
        try await mover.send(.put, mail, json: email("moved@example.com")).expect(200)
        try await mover.send(.put, path, json: password(APIClient.password, "another long one")).expect(204)
        let there = newClient()
        try await there.send(.post, "/api/users/signin", json: email("moved@example.com", "another long one"))
        let sessions = try await mover.send(.get, "/api/users/me/sessions")
        #expect(sessions.list.count == 2)
        let second = sessions.list.last?["id"] as? String ?? ""
        try await mover.send(.delete, "/api/users/me/sessions/\(second)").expect(204)
        try await mover.send(.delete, "/api/users/me/sessions").expect(204)
        let respondAsync = ["Prefer": "respond-async"]
        try await mover.send(.put, mail, json: email("moved@example.com", "another long one"), respondAsync).expect(202)
        try await mover.send(.put, path, json: password("another long one", "the long third"), respondAsync).expect(202)
        try await mover.send(.delete, "/api/users/me/sessions/\(second)", respondAsync).expect(202)
        try await mover.send(.delete, "/api/users/me/sessions", respondAsync).expect(202)
    }

    private func administer() async throws {
        try await admin.signUp("admin@example.com")
        try await system.gittix("users", "promote", "admin@example.com")
        try await admin.send(.post, "/api/users/signin", json: credentials("admin@example.com"))
        let user = try await newClient().signUp("rogue@example.com").id
        for path in ["users", "users/\(user)", "orders", "orders/\(order)"] {
            try await admin.send(.get, "/api/admin/\(path)").expect(200)
        }
        try await moderate()
        let (ban, respondAsync) = ("/api/admin/users/\(user)/ban", ["Prefer": "respond-async"])
        try await admin.send(.post, ban, json: #"{"reason":"fraud"}"#).expect(200)
        try await admin.send(.delete, ban).expect(200)
        try await admin.send(.post, ban, json: #"{"reason":"fraud"}"#, respondAsync).expect(202)
        try await admin.send(.delete, ban, respondAsync).expect(202)
    }

    private func moderate() async throws {
        let (listing, respondAsync) = (try await seller.list().id, ["Prefer": "respond-async"])
        for path in ["tickets/\(listing)", "tickets/\(listing)/reports", "reports", "frozen-orders"] {
            try await admin.send(.get, "/api/admin/\(path)").expect(200)
        }
        let report = "/api/tickets/\(listing)/reports"
        try await buyer.send(.post, report, json: #"{"reason":"scam"}"#).expect(201)
        try await buyer.send(.post, report, json: #"{"reason":"scam"}"#, respondAsync).expect(202)
        let unfreeze = "/api/admin/orders/\(order)/freeze"
        let (down, dismiss) = ("/api/admin/tickets/\(listing)/take-down", "/api/admin/tickets/\(listing)/reports")
        for (headers, status) in [([:], 200), (respondAsync, 202)] {
            try await admin.send(.post, down, json: #"{"reason":"wrong_details"}"#, headers).expect(status)
            try await admin.send(.delete, down, headers).expect(status)
            try await admin.send(.delete, dismiss, headers).expect(status == 200 ? 204 : 202)
            try await admin.send(.delete, unfreeze, headers).expect(status)
        }
    }

    /// Causes 400, 401, 403, 404, 413 and 415 on every route that documents them.
    func refuse() async throws {
        try await stranger.signUp("stranger@example.com")
        let me = ["Authorization": "Bearer \(stranger.cookies["gittix_access"] ?? "")"]
        let theirs = ["Authorization": "Bearer \(admin.cookies["gittix_access"] ?? "")"]
        let banned = newClient()
        try await banned.signUp("banned@example.com")
        let token = banned.cookies["gittix_access"] ?? ""
        try await system.gittix("users", "ban", "banned@example.com")
        while try await banned.send(.get, "/api/orders").status != 403 {}
        for path in ["signin", "token"] {
            try await newClient().send(.post, "/api/users/\(path)", json: credentials("banned@example.com"))
        }
        for operation in document.operations.sorted() {
            let parts = operation.split(separator: " ").map(String.init)
            guard let method = CurlRequest.Method(rawValue: parts[0]) else { continue }
            let statuses = document.statuses(operation)
            let body: String? = method == .get ? nil : "{}"
            func send(
                _ id: String, json: String?, query: String = "", _ headers: [String: String] = [:]
            ) async throws {
                try await newClient().send(
                    method, parts[1].replacing("{id}", with: id) + query, json: json, headers)
            }
            let some = UUID().uuidString.lowercased()
            let me = parts[1].hasPrefix("/api/admin") ? theirs : me
            if statuses.contains("401") {
                try await send(some, json: body)
                try await send(some, json: body, ["Authorization": "Bearer x"])
                if body != nil { try await send(some, json: #"{"refreshToken":"x"}"#) }
            }
            if statuses.contains("403") {
                try await send(some, json: body, ["Sec-Fetch-Site": "cross-site"])
                try await send(some, json: body, ["Authorization": "Bearer \(token)"])
            }
            if statuses.contains("413") { try await send(some, json: Self.large, me.merging(signature("")) { $1 }) }
            if statuses.contains("415") {
                try await send(some, json: "a=b", me.merging(["Content-Type": "text/plain"]) { $1 })
            }
            if statuses.contains("400") {
                try await send(some, json: body, me.merging(["API-Version": "0"]) { $1 })
                try await send("x", json: method == .get ? nil : #"{"unknown":1}"#, me)
                try await send("x", json: body, query: "?limit=0", me)
            }
            if statuses.contains("404") {
                try await send(some, json: body, me)
                try await send(some, json: body.map { _ in #"{"reason":"wrong_details"}"# }, me)
                try await send(some, json: body.map { _ in #"{"ticketId":"\#(some)","price":1}"# }, me)
                try await send(some, json: body.map { _ in #"{"orderId":"\#(some)"}"# }, me)
            }
        }
    }

    /// Causes 304, 409, 412 and 422.
    func conflict() async throws {
        for path in ["/openapi.json", "/api/tickets/\(ticket)", "/api/orders/\(order)"] {
            try await buyer.send(.get, path, ["If-None-Match": "*"]).expect(304)
            try await buyer.send(.get, path, ["If-Match": "\"x\""]).expect(412)
        }
        try await buyer.send(.delete, "/api/orders/\(order)", ["If-Match": "\"9\""]).expect(412)
        try await newClient().send(.post, "/api/users/signup", json: credentials("buyer@example.com"))
        try await buyer.order(ticket, quantity: 100).expect(409)
        let paid = try await buyer.send(.post, "/api/payments", json: #"{"orderId":"\#(order)"}"#)
        try await pay(paid.text("url"))
        while try await buyer.send(.get, "/api/orders/\(order)").text("status") != "complete" {}
        try await buyer.send(.delete, "/api/orders/\(order)").expect(409)
        try await buyer.send(.post, "/api/payments", json: #"{"orderId":"\#(order)"}"#).expect(409)

        try await stranger.send(.put, "/api/users/me/email", json: email("buyer@example.com")).expect(409)
        let own = try await admin.send(.get, "/api/users/currentuser").json["currentUser"] as? [String: Any]
        let ban = "/api/admin/users/\(own?["id"] ?? "")/ban"
        try await admin.send(.post, ban, json: #"{"reason":"fraud"}"#).expect(409)
        try await admin.send(.delete, ban).expect(409)

        let stale = ["If-Match": "\"999\""]
        try await seller.send(.put, "/api/tickets/\(ticket)", json: "{}", stale).expect(412)
        try await seller.send(.delete, "/api/tickets/\(ticket)", stale).expect(412)

        // Once the listings service has received the order's event, the listing cannot be changed.
        while try await seller.send(.get, "/api/tickets/\(ticket)").json["available"] as? Int == 3 {}
        try await seller.send(.put, "/api/tickets/\(ticket)", json: #"{"title":"Else"}"#).expect(409)

        try await seller.send(.post, "/api/tickets/\(ticket)/reports", json: #"{"reason":"scam"}"#).expect(409)

        try await stranger.send(.post, "/api/tickets", json: APIClient.listing(quantity: 10_001)).expect(409)

        let key = ["Idempotency-Key": "once"]
        let other = try await seller.list()
        for price in [100, 200] {
            let client = newClient()
            try await client.send(.post, "/api/users/signup", json: credentials("key\(price)@example.com"), key)
            try await seller.send(.post, "/api/tickets", json: APIClient.listing(price: price), key)
            try await seller.send(.put, "/api/tickets/\(ticket)", json: #"{"price":\#(price)}"#, key)
            try await buyer.send(
                .post, "/api/orders", json: #"{"ticketId":"\#(other.id)","price":\#(price)}"#, key)
        }
        for number in [1, 2] {
            let user = try await newClient().signUp("keyed\(number)@example.com").id
            try await admin.send(.post, "/api/admin/users/\(user)/ban", json: #"{"reason":"fraud"}"#, key)
            try await admin.send(.delete, "/api/admin/users/\(user)/ban", key)
            let new = "a long password \(number)"
            try await stranger.send(.put, "/api/users/me/email", json: email("stranger\(number)@example.com"), key)
            try await stranger.send(
                .put, "/api/users/me/password", json: password(APIClient.password, new), key)
        }
        for id in [other.id, ticket] {
            try await buyer.send(.post, "/api/tickets/\(id)/reports", json: #"{"reason":"scam"}"#, key)
            let path = "/api/admin/tickets/\(id)"
            try await admin.send(.post, path + "/take-down", json: #"{"reason":"wrong_details"}"#, key)
            try await admin.send(.delete, path + "/take-down", key)
            try await admin.send(.delete, path + "/reports", key)
            try await seller.send(.delete, "/api/tickets/\(id)", key)
        }
        let ticket = try await seller.list(quantity: 9)
        for quantity in [1, 2] {
            let order = try await buyer.order(ticket.id, quantity: quantity).text("id")
            try await buyer.send(.post, "/api/payments", json: #"{"orderId":"\#(order)"}"#, key)
            try await buyer.send(.delete, "/api/orders/\(order)", key)
            try await admin.send(.delete, "/api/admin/orders/\(order)/freeze", key)
        }
        try await conflictInCatalogue()
    }

    func pay(_ url: String) async throws {
        try await SandboxPage(url, in: system.browser()).pay(.good)
    }

    /// Causes 429.
    func limitAttempts() async throws {
        let strict = try await system.add(
            .api,
            settings: [
                "SIGN_UPS_PER_MINUTE": "1", "SIGN_INS_PER_MINUTE": "1", "COMMANDS_PER_MINUTE": "1",
                "SEARCHES_PER_MINUTE": "1", "RENEWALS_PER_MINUTE": "1",
            ])
        let renewing = newClient()
        try await renewing.signUp("renewing@example.com")
        let refresh = #"{"refreshToken":"\#(renewing.cookies["gittix_refresh"] ?? "")"}"#
        for _ in 0..<2 {
            try await newClient(strict.origin).send(.get, "/api/tickets")
            try await newClient(strict.origin).send(.post, "/api/users/refresh", json: refresh)
        }
        let unknown = "/api/commands/01890000-0000-7000-8000-000000000000"
        try await use(up: unknown, by: newClient(strict.origin))
        try await limitCommands(at: strict.origin)
        let known = newClient(strict.origin)
        known.cookies = buyer.cookies
        for _ in 0..<3 {
            try await known.send(.put, "/api/users/me/email", json: email("other@example.com", "wrong one"))
            try await known.send(.put, "/api/users/me/password", json: password("wrong one", "another long one"))
        }
        for path in ["signup", "signin", "token"] {
            for _ in 0..<3 {
                try await newClient(strict.origin).send(
                    .post, "/api/users/\(path)", json: credentials("limit@example.com"))
            }
        }
    }

    /// Causes 429 by a user's second command.
    private func limitCommands(at origin: String) async throws {
        let (eager, chief) = (newClient(origin), newClient(origin))
        (eager.cookies, chief.cookies) = (seller.cookies, admin.cookies)
        let listing = try await seller.list(quantity: 9)
        let order = try await buyer.order(listing.id).text("id")
        let session = try await seller.send(.get, "/api/users/me/sessions").list[0]["id"] as? String ?? ""
        try await eager.send(.post, "/api/tickets", json: APIClient.listing()).expect(201)
        try await eager.send(.post, "/api/tickets", json: APIClient.listing()).expect(429)
        try await eager.send(.put, "/api/tickets/\(listing.id)", json: #"{"price":2}"#).expect(429)
        try await eager.send(.delete, "/api/tickets/\(listing.id)").expect(429)
        try await eager.send(.delete, "/api/users/me/sessions").expect(429)
        try await eager.send(.delete, "/api/users/me/sessions/\(session)").expect(429)
        let ban = "/api/admin/users/\(UUID().uuidString.lowercased())/ban"
        try await chief.send(.post, ban, json: #"{"reason":"fraud"}"#).expect(404)
        try await chief.send(.post, ban, json: #"{"reason":"fraud"}"#).expect(429)
        try await chief.send(.delete, ban).expect(429)
        let moderated = "/api/admin/tickets/\(listing.id)"
        try await chief.send(.post, moderated + "/take-down", json: #"{"reason":"wrong_details"}"#).expect(429)
        try await chief.send(.delete, moderated + "/take-down").expect(429)
        try await chief.send(.delete, moderated + "/reports").expect(429)
        try await chief.send(.delete, "/api/admin/orders/\(order)/freeze").expect(429)
        try await limitCatalogue(eager, chief)
        eager.cookies = buyer.cookies
        try await eager.send(.post, "/api/orders", json: #"{"ticketId":"\#(listing.id)","price":1999}"#).expect(201)
        try await eager.send(.post, "/api/orders", json: #"{"ticketId":"\#(listing.id)","price":1999}"#).expect(429)
        try await eager.send(.delete, "/api/orders/\(order)").expect(429)
        try await eager.send(.post, "/api/tickets/\(listing.id)/reports", json: #"{"reason":"scam"}"#).expect(429)
        try await eager.send(.post, "/api/payments", json: #"{"orderId":"\#(order)"}"#).expect(429)
    }

    /// Causes 503.
    func stopRedis() async throws {
        let leaving = newClient()
        try await leaving.signUp("leaving@example.com")
        try await system.redis.kill()
        for path in ["signup", "signin", "token"] {
            try await newClient().send(.post, "/api/users/\(path)", json: credentials("gone@example.com"))
        }
        try await buyer.send(.put, "/api/users/me/email", json: email("other@example.com")).expect(503)
        try await buyer.send(
            .put, "/api/users/me/password", json: password(APIClient.password, "another long one")
        ).expect(503)
        let session = try await buyer.send(.get, "/api/users/me/sessions").list[0]["id"] as? String ?? ""
        try await buyer.send(.delete, "/api/users/me/sessions/\(session)").expect(503)
        try await buyer.send(.delete, "/api/users/me/sessions").expect(503)
        let ban = "/api/admin/users/\(UUID().uuidString.lowercased())/ban"
        try await admin.send(.post, ban, json: #"{"reason":"fraud"}"#).expect(503)
        try await admin.send(.delete, ban).expect(503)
        try await admin.send(.delete, "/api/admin/orders/\(order)/freeze").expect(503)
        try await curateWithoutRedis()
        let token = leaving.cookies["gittix_refresh"] ?? ""
        try await newClient().send(.post, "/api/users/refresh", json: #"{"refreshToken":"\#(token)"}"#)
        try await leaving.send(.post, "/api/users/signout")
        try await stranger.send(.get, "/readyz")
        try await stranger.send(.post, "/webhooks/stripe", json: Self.event, signature(Self.event))
        let mine = try await seller.send(.get, "/api/tickets?seller=me&limit=1").list[0]["id"] as? String ?? ""
        let moderated = "/api/admin/tickets/\(mine)"
        try await admin.send(.post, moderated + "/take-down", json: #"{"reason":"wrong_details"}"#).expect(503)
        try await admin.send(.delete, moderated + "/take-down").expect(503)
        try await admin.send(.delete, moderated + "/reports").expect(503)
        try await buyer.send(.post, "/api/tickets/\(mine)/reports", json: #"{"reason":"scam"}"#).expect(503)
        try await seller.send(.post, "/api/tickets", json: APIClient.listing())
        try await seller.send(.put, "/api/tickets/\(mine)", json: "{}")
        try await seller.send(.delete, "/api/tickets/\(mine)")
        try await buyer.send(.post, "/api/orders", json: #"{"ticketId":"\#(mine)","price":1999}"#)
        try await buyer.send(.delete, "/api/orders/\(order)")
        try await buyer.send(.post, "/api/payments", json: #"{"orderId":"\#(order)"}"#, ["Idempotency-Key": "late"])
    }
}
