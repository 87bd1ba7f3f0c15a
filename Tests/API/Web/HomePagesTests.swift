import CurlClient
import Marketplace
import Support
import Testing

@testable import API

/// The home page as a search for events, with real workers and no script.
@Suite(.timeLimit(.minutes(2))) struct HomePagesTests {
    @Test func homeFindsEventsAndTheTicketsWithoutOne() async throws {
        let api = try await RunningAPI.start(workers: EventPagesTests.pools)
        let (admin, seller) = (try await TestUser.admin(at: api), try await TestUser.signUp(at: api))
        let anybody = TestUser.browser(at: api)
        func page(_ query: String = "") async throws -> String { try await anybody.visit("/" + query).expect(200).text }
        let nord = try await seller.sell()
        #expect(try await page().contains("On sale, sorted by date"))

        let opera = try await admin.propose([
            "title": "L'Étoile du <Nord>", "category": "classical", "venue": "Zénith", "city": "Paris", "country": "FR",
            "timeZone": "Europe/Paris",
        ])
        let band = try await admin.propose()
        let offer = try await seller.sell(for: band)
        let home = try await page()
        #expect(home.contains("href=\"/performances/\(opera)\"") && home.contains("L&#39;Étoile du &lt;Nord&gt;"))
        #expect(home.contains("href=\"/performances/\(band)\""))
        #expect(home.contains("<strong class=\"number\">€45.00</strong>"))
        // A listing of a performance is found as an event.
        #expect(home.contains("href=\"\(nord)\"") && home.contains("Other tickets") && !home.contains(offer))
        #expect(home.contains("rel=\"canonical\"") && home.contains("Tickets from fans to fans"))

        for (query, found) in [
            ("?q=etoile", [opera]), ("?q=l%27etoile+nord", [opera]), ("?q=vespertien", [band]),
            ("?category=classical", [opera]), ("?category=sport", []), ("?city=paris", [opera]), ("?q=harpa", [band]),
            ("?when=tonight", []), ("?from=2099-01-01", [opera, band]), ("?category=nonsense", [opera, band]),
            ("?q=vesper&cursor=AAAA", [band]),
        ] {
            let text = try await page(query)
            for id in [opera, band] {
                #expect(text.contains("href=\"/performances/\(id)\"") == found.contains(id), "\(query) \(id)")
            }
            #expect(text.contains("noindex"), "\(query)")
        }
        let similar = try await page("?q=vespertien")
        #expect(similar.contains("No results for “vespertien”. Showing results for “vespertine”."))
        let chosen = try await page("?q=nord&category=classical")
        #expect(chosen.contains("aria-current=\"true\"><span class=\"unseen\">Remove filter: </span>Classical"))
        #expect(chosen.contains("href=\"/?q=nord\"") && chosen.contains("name=\"category\" value=\"classical\""))

        // Without events, there are only tickets.
        let radio = try await page("?q=radio")
        #expect(radio.contains("href=\"\(nord)\"") && radio.contains("No events found for “radio”."))
        let nothing = try await page("?q=%3Cscript%3E&city=Oslo")
        #expect(nothing.contains("No events found for “&lt;script&gt;”.") && nothing.contains("href=\"/?city=Oslo\""))

        // A search by price finds all listings, not events.
        for path in ["/?max=50&currency=EUR", "/tickets?max=50&currency=EUR"] {
            let tickets = try await anybody.visit(path).expect(200).text
            #expect(tickets.contains("href=\"\(nord)\"") && tickets.contains("href=\"\(offer)\""), "\(path)")
            #expect(HTMLForm(tickets, to: "/tickets")?["max"] == "50", "\(path)")
        }
        #expect(try await anybody.visit("/?from=yesterday").expect(400).text.contains("id=\"from-error\""))
        try await api.stop()
    }

    @Test func datesOfAnEventAreOneCard() async throws {
        let api = try await RunningAPI.start(workers: EventPagesTests.pools)
        let admin = try await TestUser.admin(at: api)
        let first = try await admin.propose()
        let performance = try await admin.browser.get("/api/performances/\(first)").expect(200).json
        for day in 2...4 {
            _ = try await admin.browser.post(
                "/api/performances",
                [
                    "eventId": performance["eventId"], "venueId": performance["venue"]["id"],
                    "startsAt": .string("2099-08-0\(day)T19:30:00Z"),
                ]
            ).expect(201)
        }
        let home = try await TestUser.browser(at: api).visit("/").expect(200).text
        #expect(home.contains("4 dates") && home.matches(of: /<li class="event">/).count == 1)
        #expect(home.contains("href=\"/events/vespertine-\(performance["eventId"].string ?? "")\""))
        try await api.stop()
    }
}
