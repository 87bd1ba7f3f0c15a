import Marketplace
import Testing

@testable import API

struct ListingFormInputTests {
    /// Ten seconds after the second 2:30 of the night in which Berlin's clocks go back.
    private static let start = Timestamp("2027-10-31T01:30:10.000Z")
    private static let state = ListingState(
        id: .new(), sellerId: .new(), title: "A night", price: 1999, currency: .usd, quantity: 2,
        details: ShowDetails(venue: "Hall", city: "Berlin", startsAt: start, timeZone: "Europe/Berlin"),
        withdrawn: false, version: 1, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0))

    private func change(_ changes: [String: String]) -> ListingFormInput? {
        var form = FormFields(ListingForm.values(of: Self.state).merging(changes) { $1 })
        return ListingFormInput(&form, changing: Self.state, now: Timestamp(seconds: 0))
    }

    @Test("A start that was not edited stays the same to the second")
    func uneditedStartIsKept() throws {
        #expect(try #require(change(["price": "20"])).details.startsAt == Self.start)
    }

    @Test("An edited start or time zone is read")
    func editedStartIsRead() throws {
        #expect(
            try #require(change(["startsAt": "2027-11-01T20:00"])).details.startsAt == Timestamp("2027-11-01T19:00:00Z")
        )
        #expect(
            try #require(change(["timeZone": "Europe/London"])).details.startsAt == Timestamp("2027-10-31T02:30:00Z"))
    }
}
