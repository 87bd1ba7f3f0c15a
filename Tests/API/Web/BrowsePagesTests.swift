import Foundation
import Marketplace
import PostgresClient
import Services
import Storage
import Support
import Testing

@testable import API

/// Searching for tickets, and the page of a listing.
@Suite(.timeLimit(.minutes(2))) struct BrowsePagesTests {
    private static func text(_ page: String) -> String { page.replacing("\n", with: " ") }

    @Test func searchFindsListingsAndKeepsItsParametersInTheURL() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let seller = try await TestUser.signUp(at: api)
        let radio = try await seller.sell()
        let opera = try await seller.sell([
            "title": "Opéra <b>\"Lakmé\"</b>", "venue": "Zénith", "city": "Paris", "quantity": "1",
        ])
        let anybody = TestUser.browser(at: api)
        func page(_ path: String, _ status: Int = 200) async throws -> String {
            try await anybody.visit(path).expect(status).text
        }

        let home = try await page("/")
        #expect(home.contains("<h1>Tickets from fans to fans</h1>") && home.contains("rel=\"canonical\""))
        #expect(home.contains("href=\"\(radio)\"") && home.contains("href=\"\(opera)\""))
        #expect(home.contains("Opéra &lt;b&gt;&quot;Lakmé&quot;&lt;/b&gt;") && home.contains("1 left"))

        let found = try await page("/?q=lakme+opera&city=PARIS&quantity=&sort=cheapest&currency=EUR")
        #expect(found.contains("href=\"\(opera)\"") && !found.contains("href=\"\(radio)\""))
        #expect(
            found.contains("name=\"robots\" content=\"noindex\"")
                && found.contains("On sale in EUR, sorted by price: low to high"))
        let form = try #require(HTMLForm(found, to: "/"))
        #expect(form["q"] == "lakme opera" && form["city"] == "PARIS" && form["sort"] == "cheapest")

        let similar = try await page("/?q=radyo+nordd")
        #expect(similar.contains("No results for “radyo”. Showing results for “radio”."))
        #expect(similar.contains("No results for “nordd”. Showing results for “nord”."))
        #expect(similar.contains("href=\"\(radio)\"") && !similar.contains("href=\"\(opera)\""))
        let most = try await page("/?q=lakme+berlin+tickets")
        #expect(most.contains("Showing results without “berlin”.") && most.contains("href=\"\(opera)\""))
        #expect(most.contains("<option value=\"Berlin\">") && most.contains("<option value=\"Paris\">"))

        let nothing = try await page("/?q=opera&city=berlin")
        #expect(nothing.contains("No tickets found for “opera”."))
        #expect(nothing.contains("href=\"/?city=berlin\"") && nothing.contains("href=\"/?q=opera\""))

        let wrong = try await page("/?q=a%22b&from=yesterday&min=cheap&quantity=0", 400)
        #expect(wrong.contains("id=\"from-error\"") && wrong.contains("id=\"min-error\""))
        #expect(
            wrong.contains("id=\"quantity-error\"") && wrong.contains("role=\"alert\"")
                && wrong.contains("<details open>"))
        let kept = try #require(HTMLForm(wrong, to: "/"))
        #expect(kept["q"] == "a\"b" && kept["from"] == "yesterday" && kept["min"] == "cheap" && kept["quantity"] == "0")
        try await api.stop()
    }

    /// Amounts in different currencies have no order.
    @Test func pricesAreComparedInOneCurrency() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let seller = try await TestUser.signUp(at: api)
        let yen = try await seller.sell(["price": "9,800", "currency": "JPY"])
        let dollars = try await seller.sell(["price": "$89", "currency": "USD"])
        let anybody = TestUser.browser(at: api)
        func page(_ query: String, language: String) async throws -> String {
            try await anybody.visit("/?" + query, headers: ["Accept-Language": language]).expect(200).text
        }
        for (query, language, found, other) in [
            ("sort=cheapest", "en-US", dollars, yen), ("sort=dearest", "ja", yen, dollars),
            ("min=10&max=100", "en-US", dollars, yen), ("sort=cheapest&currency=jpy", "en-US", yen, dollars),
            // For a region without a currency, the page uses the currency of the settings.
            ("sort=cheapest", "*", dollars, yen),
        ] {
            let text = try await page(query, language: language)
            #expect(text.contains("href=\"\(found)\"") && !text.contains("href=\"\(other)\""), "\(query) \(language)")
        }
        let both = try await page("sort=newest", language: "en-US")
        #expect(both.contains("href=\"\(yen)\"") && both.contains("href=\"\(dollars)\""))
        try await api.stop()
    }

    @Test func longListIsPaginated() async throws {
        let api = try await RunningAPI.start()
        let pool = PostgresPool(try PostgresConfiguration(url: try #require(api.environment["DATABASE_URL"])), size: 1)
        _ = try await pool.query(
            """
            INSERT INTO tickets.tickets
                (id, seller_id, title, price, currency, quantity, withdrawn, version, created_at, updated_at)
            SELECT gen_random_uuid(), gen_random_uuid(), 'Jazz & more ' || n, 100, 'EUR', 5, n = 60, 1, now(), now()
            FROM generate_series(1, 60) AS n
            """)
        let anybody = TestUser.browser(at: api)
        var (seen, path, pages) = (Set<String>(), String?.some("/?q=jazz+%26"), 0)
        while let here = path {
            let page = try await anybody.visit(here).expect(200).text
            let titles = page.matches(of: /Jazz &amp; more \d+/).map { String($0.output) }
            #expect(seen.isDisjoint(with: titles))
            seen.formUnion(titles)
            pages += 1
            path = page.firstMatch(of: /href="([^"]+)" rel="next"/).map { String($0.1).replacing("&amp;", with: "&") }
            if let path { #expect(path.hasPrefix("/?q=jazz%20%26&cursor=")) }
        }
        #expect(seen.count == 59 && pages == 3)
        // An invalid cursor leads to the first page.
        #expect(try await anybody.visit("/?q=jazz&cursor=AAAA").expect(200).text.contains("rel=\"next\""))

        let sitemap = try await anybody.get("/sitemap.xml").expect(200)
        #expect(sitemap.text.matches(of: /<loc>http:\/\/[^<]+\/tickets\//).count == 59)
        #expect(try await anybody.get("/robots.txt").expect(200).text.contains("/sitemap.xml\n"))

        // Too many listings for one sitemap: the parts contain each listing once.
        let reads = ListingReads(pool)
        let all = try await reads.sitemapPage(limit: 100).map(\.id)
        var together: [ListingID] = []
        for part in try await reads.sitemapPageStarts(pageSize: 25) {
            together += try await reads.sitemapPage(from: part, limit: 25).map(\.id)
        }
        #expect(together == all && all.count == 59)
        try await api.stop()
    }

    @Test func listingPageShowsWhatEachVisitorCanDo() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        let ticket = try await seller.sell(["title": "Radio </script> \"Nord\""])
        let anybody = TestUser.browser(at: api)
        func page(_ browser: TestBrowser) async throws -> String { try await browser.visit(ticket).expect(200).text }

        let stranger = try await page(anybody)
        #expect(stranger.contains("3 left") && stranger.contains("data-live=\"/live\(ticket)\""))
        #expect(stranger.contains("<h1>Radio &lt;/script&gt; &quot;Nord&quot;</h1>"))
        #expect(
            stranger.contains("href=\"/signin?next=%2Ftickets%2F") && HTMLForm(stranger, to: ticket + "/orders") == nil)
        // The time is shown in the venue's time zone, which is one or two hours ahead of UTC.
        #expect(stranger.contains("20:00") && stranger.contains("datetime=\"2099-05-31T18:00:00.000Z\""))
        let structured = try #require(stranger.firstMatch(of: /ld\+json">(.+?)<\/script>/)?.1)
        let event = try #require(
            try JSONSerialization.jsonObject(with: Data(structured.utf8)) as? [String: Any])
        let offer = try #require(event["offers"] as? [String: Any])
        #expect(event["name"] as? String == "Radio </script> \"Nord\"")
        #expect(event["startDate"] as? String == "2099-05-31T20:00:00+02:00")
        #expect(
            offer["price"] as? String == "45.00" && offer["availability"] as? String == "https://schema.org/InStock")

        let own = try await page(seller.browser)
        #expect(own.contains("This is your listing") && own.contains("href=\"\(ticket)/edit\""))
        #expect(HTMLForm(own, to: ticket + "/orders") == nil)

        let form = try #require(HTMLForm(try await page(buyer.browser), to: ticket + "/orders"))
        #expect(form.button == "Get tickets" && form["price"] == "4500" && form["currency"] == "EUR")
        _ = try await buyer.browser.send(form.filled(["quantity": "3"])).expect(303)
        let empty = try await page(buyer.browser)
        #expect(empty.contains("No tickets left") && HTMLForm(empty, to: ticket + "/orders") == nil)
        #expect(empty.contains("Find similar tickets") && empty.contains("https://schema.org/SoldOut"))

        let withdraw = try #require(
            HTMLForm(try await seller.page(ticket + "/withdraw").text, to: ticket + "/withdraw"))
        _ = try await seller.browser.send(withdraw).expect(303)
        let gone = try await page(anybody)
        #expect(gone.contains("no longer on sale") && gone.contains("noindex") && !gone.contains("data-live"))
        #expect(!gone.contains("ld+json"))
        #expect(try await anybody.visit("/tickets/nonsense").expect(404).text.contains("<h1>"))
        try await api.stop()
    }

    @Test func startedShowIsNotForSale() async throws {
        let api = try await RunningAPI.start()
        let pool = PostgresPool(try PostgresConfiguration(url: try #require(api.environment["DATABASE_URL"])), size: 1)
        let id = ListingID.new()
        _ = try await pool.query(
            """
            INSERT INTO tickets.tickets
                (id, seller_id, title, price, currency, quantity, withdrawn, version, created_at, updated_at, starts_at,
                 time_zone)
            VALUES (\(id), \(UserID.new()), 'Yesterday', 100, 'JPY', 5, false, 1, now(), now(), now() - interval '1 day',
                'Asia/Tokyo')
            """)
        let page = try await TestUser.browser(at: api).visit("/tickets/\(id)").expect(200).text
        #expect(page.contains("This event has started") && !page.contains("data-live") && page.contains("noindex"))
        try await api.stop()
    }
}
