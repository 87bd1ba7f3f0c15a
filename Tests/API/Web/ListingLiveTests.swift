import Marketplace
import Testing

@testable import API

/// The part of a listing's page that is updated live.
struct ListingLiveTests {
    private func text(price: Int64 = 4_500, held: Int = 0, withdrawn: Bool = false, mayReturn: Bool = true) throws
        -> String
    {
        let availability = ListingAvailability(
            id: .new(), price: price, currency: .usd, offered: 3, withdrawn: withdrawn, version: 2, held: held,
            mayReturn: mayReturn)
        return try #require(
            Templates().render("listing-live", ListingPages.live(availability, Visitor(locale: "en_US"))))
    }

    @Test("A listing is sold out if all tickets are paid for; reserved tickets may come back")
    func soldOut() throws {
        let reserved = try text(held: 3)
        #expect(reserved.contains("No tickets left") && reserved.contains("go back on sale"))
        let sold = try text(held: 3, mayReturn: false)
        #expect(sold.contains("Sold out") && !sold.contains("come back"))
        #expect(try text(withdrawn: true).contains("No longer on sale"))
    }

    @Test("An open page gets the new price and its totals")
    func prices() throws {
        let before = try text()
        #expect(before.contains("$45.00") && before.contains("$90.00") && before.contains("$135.00"))
        let after = try text(price: 5_100, held: 1)
        #expect(after.contains("$51.00") && after.contains("$102.00") && !after.contains("$153.00"))
    }
}
