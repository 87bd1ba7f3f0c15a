import CurlClient
import Foundation
import Marketplace
import Services
import Support
import Testing

@testable import API

/// The pages of events and performances, with real workers and no script.
@Suite(.timeLimit(.minutes(2))) struct EventPagesTests {
    static let pools: [ServiceName] = [.users, .listings, .orders, .catalogue]
    private static let hostile = "<script>alert(1)</script>\"'&\u{202B}"

    private static func structured(_ page: String) throws -> Any {
        let text = try #require(page.firstMatch(of: /ld\+json">(.+?)<\/script>/)?.1)
        return try JSONSerialization.jsonObject(with: Data(text.utf8))
    }

    @Test func performanceShowsItsOffersTheCheapestFirst() async throws {
        let api = try await RunningAPI.start(workers: Self.pools)
        let (admin, seller) = (try await TestUser.admin(at: api), try await TestUser.signUp(at: api))
        let anybody = TestUser.browser(at: api)
        let id = try await admin.propose(["title": .string("Vesper <b>\"x\"</b>")])
        let path = "/performances/\(id)"
        func page(_ query: String = "") async throws -> String {
            try await anybody.visit(path + query, headers: ["Accept-Language": "en-GB"]).expect(200).text
        }

        let empty = try await page()
        #expect(
            empty.contains("<h1>Vesper &lt;b&gt;&quot;x&quot;&lt;/b&gt;</h1>") && empty.contains("No tickets right now")
        )
        #expect(empty.contains("19:30") && empty.contains("doors 18:00") && empty.contains("Björk, Choir"))
        #expect(empty.contains("rel=\"canonical\" href=\"") && empty.contains("https://schema.org/SoldOut"))
        #expect(empty.contains("href=\"/sell?performance=\(id)\""))

        let dear = try await seller.sell(for: id, ["price": "60", "section": "Balcony <i>", "row": "2"])
        let cheap = try await seller.sell(for: id, ["price": "45"])
        let single = try await seller.sell(for: id, ["price": "30", "quantity": "1"])
        let all = try await page()
        let places = try [single, cheap, dear].map { try #require(all.firstRange(of: "href=\"\($0)?quantity=1\"")) }
        #expect(places[0].lowerBound < places[1].lowerBound && places[1].lowerBound < places[2].lowerBound)
        #expect(all.contains("Balcony &lt;i&gt;, row 2") && all.contains("General admission"))

        let two = try await page("?quantity=2")
        #expect(two.contains("2 for €90.00") && two.contains("href=\"\(cheap)?quantity=2\"") && !two.contains(single))
        #expect(two.contains("<a class=\"chip\" href=\"\(path)?quantity=2\" aria-current=\"true\">2</a>"))
        #expect(try await anybody.visit("\(cheap)?quantity=2").expect(200).text.contains("href=\"\(path)\""))
        let four = try await page("?quantity=4")
        #expect(four.contains("There is no offer for 4 tickets right now") && four.contains("Show all tickets"))
        for wrong in ["?quantity=0", "?quantity=x&cursor=AAAA", "?currency=x"] {
            #expect(try await page(wrong).contains("1 for €30.00"), "\(wrong)")
        }
        let event = try #require(try Self.structured(all) as? [String: Any])
        let offer = try #require((event["offers"] as? [[String: Any]])?.first)
        #expect(offer["lowPrice"] as? String == "30.00" && offer["priceCurrency"] as? String == "EUR")
        #expect(event["name"] as? String == "Vesper <b>\"x\"</b>")
        #expect(event["startDate"] as? String == "2099-08-01T19:30:00Z")

        // Amounts in different currencies have no order.
        let yen = try await seller.sell(for: id, ["price": "9800", "currency": "JPY"])
        let inEuro = try await page()
        #expect(inEuro.contains("aria-label=\"Currency\"") && inEuro.contains(">JPY</a>"))
        #expect(inEuro.contains("href=\"\(cheap)?quantity=1\"") && !inEuro.contains(yen))
        let inYen = try await page("?currency=JPY")
        #expect(inYen.contains("href=\"\(yen)?quantity=1\"") && !inYen.contains(cheap))

        try await api.stop()
    }

    @Test func priceIsTheLowestOfTheTicketsLeft() async throws {
        let api = try await RunningAPI.start(workers: Self.pools)
        let (admin, seller) = (try await TestUser.admin(at: api), try await TestUser.signUp(at: api))
        let (buyer, anybody) = (try await TestUser.signUp(at: api), TestUser.browser(at: api))
        let id = try await admin.propose()
        let cheap = try await seller.sell(for: id, ["price": "30", "quantity": "1"])
        _ = try await seller.sell(for: id, ["price": "45"])
        #expect(try await anybody.visit("/").expect(200).text.contains("<strong class=\"number\">€30.00</strong>"))
        _ = try await buyer.browser.send(TestUser.holdForm(cheap, price: "3000")).expect(303)
        while try await anybody.visit("/performances/\(id)").expect(200).text.contains(cheap) {}
        #expect(try await anybody.visit("/").expect(200).text.contains("<strong class=\"number\">€45.00</strong>"))
        try await api.stop()
    }

    @Test func statusOfAPerformanceIsShown() async throws {
        let api = try await RunningAPI.start(workers: Self.pools)
        let (admin, seller) = (try await TestUser.admin(at: api), try await TestUser.signUp(at: api))
        let anybody = TestUser.browser(at: api)
        let id = try await admin.propose()
        let path = "/performances/\(id)"
        let ticket = try await seller.sell(for: id)
        func act(_ action: String) async throws {
            _ = try await admin.browser.post("/api/admin/performances/\(id)/\(action)").expect(200)
        }
        try await act("postpone")
        let postponed = try await anybody.visit(path).expect(200).text
        #expect(postponed.contains("This event is postponed") && !postponed.contains("\(ticket)?"))
        #expect(postponed.contains("EventPostponed") && !postponed.contains("/sell?performance"))
        #expect(try await seller.page("/sell?performance=\(id)").text.contains("can&#39;t sell tickets for this date"))
        try await act("cancel")
        let cancelled = try await anybody.visit(path).expect(200).text
        #expect(cancelled.contains("This event is cancelled") && cancelled.contains("EventCancelled"))

        // Only its seller and admins can see the page of a proposal.
        let proposal = try await seller.propose(["title": "Mine"])
        for wrong in ["/performances/\(proposal)", "/events/mine-\(proposal)", "/performances/x", "/events/x"] {
            #expect(try await anybody.visit(wrong).status == 404, "\(wrong)")
        }
        let own = try await seller.page("/performances/\(proposal)").text
        #expect(own.contains("We&#39;re checking this event") && own.contains("noindex"))
        #expect(try await seller.page("/events/mine-\(proposal)").text.contains("Until we publish it"))
        for path in ["/performances/\(proposal)", "/api/performances/\(proposal)"] {
            #expect(try await admin.browser.visit(path).status == 200)
        }
        try await ProductProcess.run("gittix", ["users", "demote", admin.id], environment: api.environment)
        for path in ["/performances/\(proposal)", "/api/performances/\(proposal)"] {
            #expect(try await admin.browser.visit(path).status == 404)
        }
        try await api.stop()
    }

    @Test func eventListsItsDatesByCity() async throws {
        let api = try await RunningAPI.start(workers: Self.pools)
        let (admin, seller) = (try await TestUser.admin(at: api), try await TestUser.signUp(at: api))
        let anybody = TestUser.browser(at: api)
        let first = try await admin.propose(["title": "Ágætis byrjun!"])
        let event = try await anybody.get("/api/performances/\(first)").expect(200).json["eventId"].string ?? ""
        let second = try await admin.propose([
            "eventId": .string(event), "title": .null, "category": .null, "performers": .null, "venue": "Paradiso",
            "address": .null, "city": "Den Haag", "country": "NL", "timeZone": "Europe/Amsterdam",
            "startsAt": "2099-09-01T19:00:00Z", "doorsAt": .null,
        ])
        let path = "/events/agaetis-byrjun-\(event)"
        for old in ["/events/\(event)", "/events/other-\(event)", "/events/\(event.uppercased())"] {
            let moved = try await anybody.visit(old + "?city=Den+Haag").expect(308)
            #expect(moved[header: "Location"] == path + "?city=Den+Haag", "\(old)")
        }
        _ = try await seller.sell(for: second, ["price": "45"])
        let page = try await anybody.visit(path).expect(200).text
        #expect(page.contains("href=\"/performances/\(first)\"") && page.contains("href=\"/performances/\(second)\""))
        #expect(page.contains("<strong class=\"number\">€45.00</strong>") && page.contains("No tickets yet"))
        #expect(page.contains("All cities") && page.contains("Next date: Sat, 1 Aug 2099, Harpa, Reykjavík."))
        #expect((try Self.structured(page) as? [Any])?.count == 2)
        let city = try await anybody.visit(path + "?city=Den+Haag").expect(200).text
        #expect(!city.contains("/performances/\(first)") && city.contains("/performances/\(second)"))

        // The address of a merged event redirects to the event that it was merged into.
        let same = try await admin.propose(["title": "Agaetis Byrjun"])
        let loser = try await anybody.get("/api/performances/\(same)").expect(200).json["eventId"].string ?? ""
        _ = try await admin.browser.post(
            "/api/admin/merges", ["kind": "event", "from": .string(loser), "into": .string(event)]
        ).expect(200)
        let merged = try await anybody.visit("/events/agaetis-byrjun-\(loser)").expect(308)
        #expect(merged[header: "Location"] == path)
        _ = try await admin.browser.post(
            "/api/admin/merges", ["kind": "performance", "from": .string(same), "into": .string(first)]
        ).expect(200)
        let date = try await anybody.visit("/performances/\(same)?quantity=2").expect(308)
        #expect(date[header: "Location"] == "/performances/\(first)?quantity=2")

        // The sitemaps list the remaining event and both its performances.
        let sitemap = try await anybody.get("/sitemap-events.xml").expect(200).text
        #expect(sitemap.contains(path + "</loc>") && !sitemap.contains(loser))
        let dates = try await anybody.get("/sitemap-performances.xml").expect(200).text
        #expect(dates.contains("/performances/\(first)</loc>") && dates.contains("/performances/\(second)</loc>"))
        #expect(!dates.contains(same))
        #expect(try await anybody.get("/robots.txt").expect(200).text.contains("/sitemap-events.xml\n"))
        try await api.stop()
    }
}

/// The addresses of events, and the times of the home page's links.
struct EventAddressTests {
    @Test func wordsOfAnAddressAreShortAndPlain() throws {
        let id = ShowID.new()
        #expect(
            EventAddress.path(of: id, title: "Motörhead: Ace/Spades – live!")
                == "/events/motorhead-ace-spades-live-\(id)")
        #expect(EventAddress.path(of: id, title: "東京事変") == "/events/\(id)")
        #expect(EventAddress.path(of: id, title: "../../?x=<b>\"") == "/events/x-b-\(id)")
        let long = EventAddress.path(of: id, title: String(repeating: "abcdefghi ", count: 20))
        #expect(long.utf8.count <= "/events/".utf8.count + 60 + 37 && !long.contains("--"))
        for part in ["\(id)", "a-\(id)", "a-b-\(id)"] { #expect(EventAddress.id(in: part) == id) }
        for part in ["a\(id)", "a", "", "-", "\(id)-a"] { #expect(EventAddress.id(in: part) == nil) }
    }

    @Test func tonightEndsInTheMorning() throws {
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        func time(_ text: String) throws -> Timestamp { try #require(LocalTime.moments(text, in: berlin)?.first) }
        for (now, start, end) in [
            ("2027-05-31T18:00", "2027-05-31T18:00", "2027-06-01T05:00"),
            ("2027-05-31T23:59", "2027-05-31T23:59", "2027-06-01T05:00"),
            ("2027-06-01T01:00", "2027-06-01T01:00", "2027-06-02T05:00"),
        ] {
            let days = EventFilters.days(.tonight, berlin, now: try time(now))
            #expect(days == (try time(start))..<(try time(end)), "\(now)")
        }
        // Monday, Saturday, Sunday night, and the weekend on which clocks go forward.
        for (now, start, end) in [
            ("2027-05-31T18:00", "2027-06-04T17:00", "2027-06-07T05:00"),
            ("2027-06-05T12:00", "2027-06-05T12:00", "2027-06-07T05:00"),
            ("2027-06-07T01:00", "2027-06-07T01:00", "2027-06-07T05:00"),
            ("2027-03-25T12:00", "2027-03-26T16:00", "2027-03-29T05:00"),
        ] {
            let days = EventFilters.days(.weekend, berlin, now: try time(now))
            #expect(days == (try time(start))..<(try time(end)), "\(now)")
        }
    }
}
