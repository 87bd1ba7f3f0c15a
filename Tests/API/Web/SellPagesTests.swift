import Marketplace
import Support
import Testing

@testable import API

/// The pages of a seller, with real workers and no script.
@Suite(.timeLimit(.minutes(2))) struct SellPagesTests {
    static let pools: [ServiceName] = [.users, .listings, .orders]
    static let hostile = "<script>alert(1)</script>\"'&\u{202B}ابج🎟"

    @Test func invalidFormShowsItsFaultsAndKeepsItsValues() async throws {
        let api = try await RunningAPI.start(workers: Self.pools)
        #expect(
            try await TestUser.browser(at: api).visit("/sell").expect(303)[header: "Location"] == "/signin?next=%2Fsell"
        )
        let fan = try await TestUser.signUp(at: api)
        fan.browser.cookies["tz"] = "Europe/Oslo"
        let empty = try await fan.form("/sell")
        #expect(empty["timeZone"] == "Europe/Oslo" && empty["currency"] == "USD" && empty["quantity"] == "1")
        #expect(empty.button == "List tickets")

        let typed = empty.filled(TestUser.listingFields).filled([
            "title": Self.hostile, "venue": "", "startsAt": "2001-01-01T20:00", "price": "a lot", "quantity": "0",
            "note": "\n\(Self.hostile)",
        ])
        let page = try await fan.browser.send(typed).expect(422)
        for field in ["title", "venue", "startsAt", "price", "quantity", "note"] {
            #expect(page.text.contains("id=\"\(field)-error\""), "\(field)")
        }
        #expect(page.text.contains("role=\"alert\"") && !page.text.contains("<script>alert"))
        let again = try #require(HTMLForm(page.text, to: "/sell"))
        for field in TestUser.listingFields.keys { #expect(again[field] == typed[field], "\(field)") }
        #expect(again["key"] != typed["key"])

        // The corrected form is accepted.
        let mended = again.filled([
            "title": "Radio <Nord> & \"friends\"", "venue": "Tempodrom", "startsAt": TestUser.evening, "price": "19,99",
            "quantity": "2", "note": "one\n\n'two'",
        ])
        let ticket = try await fan.browser.send(mended).expect(303)[header: "Location"] ?? ""
        let made = try await fan.browser.get("/api\(ticket)").expect(200).json
        #expect(made["title"] == "Radio <Nord> & \"friends\"" && made["price"] == 1999 && made["currency"] == "EUR")
        #expect(made["startsAt"] == "2099-05-31T18:00:00.000Z" && made["timeZone"] == "Europe/Berlin")
        #expect(made["note"] == "one\n\n'two'" && made["section"] == "C" && made["quantity"] == 2)
        try await api.stop()
    }

    @Test func formSentTwiceListsOnce() async throws {
        let api = try await RunningAPI.start(workers: Self.pools)
        let fan = try await TestUser.signUp(at: api)
        let form = try await fan.form("/sell").filled(TestUser.listingFields)
        let answers = try await concurrently(2) { _ in try await fan.browser.send(form).expect(303) }
        let ticket = try #require(answers[0][header: "Location"])
        #expect(answers[1][header: "Location"] == ticket)

        // The same form with other values shows the first listing, and can list the new values as well.
        let page = try await fan.browser.send(form.filled(["row": "9"])).expect(409)
        #expect(page.text.contains("href=\"\(ticket)\""))
        #expect(try await fan.browser.get("/api/tickets?seller=me").json.items.count == 1)
        let again = try #require(HTMLForm(page.text, to: "/sell"))
        #expect(again["row"] == "9")
        let other = try await fan.browser.send(again).expect(303)[header: "Location"]
        #expect(other != ticket)
        try await api.stop()
    }

    @Test func formKeepsItsValuesWithoutWorkersAndRedis() async throws {
        let redis = try await RedisServer.start()
        let api = try await RunningAPI.start(redisURL: redis.url, ["COMMAND_WAIT_SECONDS": "1"])
        let browser = TestUser.browser(at: api)
        browser.cookies["gittix_access"] = try await api.token()
        let page = try await browser.visit("/sell").expect(200)
        let form = try #require(HTMLForm(page.text, to: "/sell")).filled(TestUser.listingFields)
        // Without a worker the command is queued.
        let waiting = try #require(try await browser.send(form).expect(303)[header: "Location"])
        #expect(waiting.hasPrefix("/commands/") && waiting.contains("?next=%2Ftickets%2F"))
        #expect(try await browser.visit(waiting).expect(200).text.contains("<h1>Working on it</h1>"))
        // Without Redis the form keeps its values and its key, so a retry is the same command.
        try await redis.kill()
        let away = try await browser.send(form).expect(503)
        let again = try #require(HTMLForm(away.text, to: "/sell"))
        for field in TestUser.listingFields.keys + ["key"] { #expect(again[field] == form[field], "\(field)") }
        #expect(away.text.contains("role=\"alert\""))
        try await api.stop()
    }

    @Test func editIsMergedWithTheCurrentListing() async throws {
        let api = try await RunningAPI.start(workers: Self.pools)
        let fan = try await TestUser.signUp(at: api)
        let ticket = try await fan.sell()
        let edit = ticket + "/edit"
        let form = try await fan.form(edit)
        for field in TestUser.listingFields.keys { #expect(form[field] == TestUser.listingFields[field], "\(field)") }

        // An invalid form keeps the version that it was made from.
        let wrong = try await fan.browser.send(form.filled(["price": "0", "section": ""])).expect(422)
        let shown = try #require(HTMLForm(wrong.text, to: edit))
        #expect(shown["version"] == form["version"] && shown["before"] == form["before"] && shown["price"] == "0")

        // The price and the note change elsewhere.
        _ = try await fan.browser.put("/api\(ticket)", ["price": 4700, "note": "Elsewhere"]).expect(200)
        let stale = try await fan.browser.send(shown.filled(["price": "49.00"])).expect(412)
        #expect(stale.text.contains("Was 45.00, now 47.00."))
        #expect(try await fan.browser.get("/api\(ticket)").json["price"] == 4700)
        let merged = try #require(HTMLForm(stale.text, to: edit))
        #expect(merged["price"] == "49.00" && merged["note"] == "Elsewhere" && merged["section"] == "")
        #expect(try await fan.browser.send(merged).expect(303)[header: "Location"] == ticket)
        let changed = try await fan.browser.get("/api\(ticket)").json
        #expect(changed["price"] == 4900 && changed["section"] == .null && changed["note"] == "Elsewhere")

        // Other users have no access.
        let other = try await TestUser.signUp(at: api)
        for path in [edit, ticket + "/withdraw"] {
            #expect(try await other.page(path, 403).text.contains("<h1>Not allowed</h1>"))
        }
        #expect(try await other.browser.send(merged).status == 403)
        for path in ["/tickets/\(ListingID.new())/edit", "/tickets/x/edit", "/tickets/x/withdraw"] {
            _ = try await fan.page(path, 404)
        }
        try await api.stop()
    }

    @Test func showDetailsAreFixedOnceTicketsAreReserved() async throws {
        let api = try await RunningAPI.start(workers: Self.pools)
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        let ticket = try await seller.sell()
        let early = try await seller.form(ticket + "/edit")
        _ = try await buyer.hold(ticket)
        // The listings service counts reserved units by events, so its count is correct only a moment later.
        let page = try await eventually("the edit page has no title to change") {
            let page = try await seller.page(ticket + "/edit")
            return HTMLForm(page.text, to: ticket + "/edit")?["title"] == nil ? page : nil
        }
        #expect(page.text.contains("<dd>Radio Nord</dd>") && page.text.contains("1 reserved, 0 sold"))
        let refused = try await seller.browser.send(early.filled(["title": "Another"])).expect(409)
        #expect(refused.text.contains("role=\"alert\"") && refused.text.contains("held or sold"))
        // The price of the tickets left can change.
        let form = try #require(HTMLForm(page.text, to: ticket + "/edit"))
        _ = try await seller.browser.send(form.filled(["price": "50", "note": ""])).expect(303)
        let changed = try await seller.browser.get("/api\(ticket)").json
        #expect(changed["price"] == 5000 && changed["note"] == .null && changed["title"] == "Radio Nord")
        try await api.stop()
    }

    @Test func listingIsWithdrawnAndPutBack() async throws {
        let api = try await RunningAPI.start(workers: Self.pools)
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        #expect(try await seller.page("/listings").text.contains("haven't listed any tickets"))
        let ticket = try await seller.sell(["title": "\(Self.hostile.prefix(25))"])
        _ = try await buyer.hold(ticket, quantity: "2")
        try await eventually("the listing shows what is held") {
            try await seller.page("/listings").text.contains("2 reserved,")
        }
        let form = try await seller.form(ticket + "/withdraw")
        for _ in 0..<2 {
            #expect(try await seller.browser.send(form).expect(303)[header: "Location"] == "/listings?done=withdrawn")
        }
        let page = try await seller.page("/listings?done=withdrawn")
        #expect(page.text.contains("role=\"status\"") && page.text.contains(">Removed</span>"))
        #expect(!page.text.contains("<script>alert"))
        #expect(try await buyer.browser.get("/api\(ticket)").json["withdrawn"] == true)
        #expect(try await seller.browser.visit(ticket + "/withdraw").status == 303)
        let back = try #require(HTMLForm(page.text, to: ticket + "/relist"))
        _ = try await seller.browser.send(back).expect(303)
        #expect(try await buyer.browser.get("/api\(ticket)").json["available"] == 1)
        try await api.stop()
    }

    @Test func longListsArePaginated() async throws {
        let api = try await RunningAPI.start(workers: Self.pools)
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        for number in 0..<21 {
            let ticket = try await seller.sell(["title": "Evening \(number)"])
            _ = try await buyer.hold(ticket)
        }
        for (fan, path) in [(seller, "/listings"), (buyer, "/orders")] {
            let first = try await fan.page(path)
            #expect(first.text.contains("Evening 20<") && !first.text.contains("Evening 0<"))
            let more = try #require(first.text.firstMatch(of: #/href="([^"]*cursor=[^"]*)"/#)?.output.1)
            let second = try await fan.page(String(more))
            #expect(second.text.contains("Evening 0<") && !second.text.contains("Evening 1<"))
            #expect(second.text.contains("href=\"\(path)\">Newest"))
            // A cursor of another user's list is ignored.
            let stranger = try await TestUser.signUp(at: api)
            _ = try await stranger.page(String(more))
        }
        try await api.stop()
    }
}
