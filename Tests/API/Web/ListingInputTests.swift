import Marketplace
import Testing

@testable import API

struct ListingInputTests {
    /// Ten seconds into the second half past two of the night when Berlin's clocks go back.
    private static let start = Timestamp("2027-10-31T01:30:10.000Z")
    private static let state = TicketState(
        id: .new(), sellerId: .new(), title: "A night", price: 1999, currency: .usd, quantity: 2,
        details: EventDetails(venue: "Hall", city: "Berlin", startsAt: start, timeZone: "Europe/Berlin"),
        withdrawn: false, version: 1, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0))

    private func change(_ changes: [String: String]) -> ListingInput? {
        var form = FormFields(ListingForm.values(of: Self.state).merging(changes) { $1 })
        return ListingInput(&form, changing: Self.state, now: Timestamp(seconds: 0))
    }

    @Test("a time that is not touched stays what it was, to the second")
    func untouchedTime() throws {
        #expect(try #require(change(["price": "20"])).details.startsAt == Self.start)
    }

    @Test("a time that is typed, or put in another zone, is read")
    func touchedTime() throws {
        #expect(
            try #require(change(["startsAt": "2027-11-01T20:00"])).details.startsAt == Timestamp("2027-11-01T19:00:00Z")
        )
        #expect(
            try #require(change(["timeZone": "Europe/London"])).details.startsAt == Timestamp("2027-10-31T02:30:00Z"))
    }
}
