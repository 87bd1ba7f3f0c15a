import Marketplace
import Testing

@testable import API

struct ListingFormInputTests {
    /// Ten seconds after the clocks in Berlin show 2:30 for the second time, in the night in which they go back.
    private static let start = Timestamp("2027-10-31T01:30:10.000Z")
    private static let state = ListingState(
        id: .new(), sellerId: .new(), title: "A night", price: 1999, currency: .usd, quantity: 2,
        details: ShowDetails(venue: "Hall", city: "Berlin", startsAt: start, timeZone: "Europe/Berlin"),
        withdrawn: false, version: 1, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0))

    private func change(_ changes: [String: String]) -> ListingFormInput? { try? read(changes).get() }

    private struct Faults: Error { let fields: [String?] }

    private func read(_ changes: [String: String]) -> Result<ListingFormInput, Faults> {
        var form = FormFields(ListingForm.values(of: Self.state, for: Visitor()).merging(changes) { $1 })
        let input = ListingFormInput(&form, changing: Self.state, for: Visitor(), now: Timestamp(seconds: 0))
        return input.map { .success($0) } ?? .failure(Faults(fields: form.faults.map(\.field)))
    }

    private func faults(_ changes: [String: String]) -> [String?] {
        if case .failure(let faults) = read(changes) { faults.fields } else { [] }
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
            try #require(change(["timeZone": "Europe/London", "city": "Bath", "whichTime": ""])).details.startsAt
                == Timestamp("2027-10-31T02:30:00Z"))
    }

    @Test("A time that does not exist is refused, and the form asks about a time that occurs twice")
    func timesWhenClocksChange() throws {
        #expect(faults(["startsAt": "2027-03-28T02:30", "whichTime": ""]) == ["startsAt"])
        #expect(faults(["whichTime": ""]) == ["startsAt"])
        let first = try #require(change(["whichTime": "7200"]))
        #expect(first.details.startsAt == Timestamp("2027-10-31T00:30:00Z"))
        // The page offers the choice.
        let view = ListingForm.view(
            FormFields(["startsAt": "2027-10-31T02:30", "timeZone": "Europe/Berlin"]), isFixed: false, for: Visitor())
        let event = try #require(view["event"] as? View)
        #expect((event["timeQuestions"] as? [View])?.map { $0["name"] as? String } == ["whichTime"])
    }

    @Test("The form asks about a time zone that does not fit the city")
    func timeZoneOfAnotherPlace() throws {
        let moved = ["city": "New York", "startsAt": "2027-06-01T20:00", "whichTime": ""]
        #expect(faults(moved) == ["timeZone"])
        let confirmed = try #require(change(moved.merging(["sameZone": "Europe/Berlin"]) { $1 }))
        #expect(confirmed.details.startsAt == Timestamp("2027-06-01T18:00:00Z"))
        let corrected = try #require(change(moved.merging(["timeZone": "America/New_York"]) { $1 }))
        #expect(corrected.details.startsAt == Timestamp("2027-06-02T00:00:00Z"))
        let followed = try #require(change(moved.merging(["timeZone": ""]) { $1 }))
        #expect(followed.details.timeZone == "America/New_York")
        #expect(faults(moved.merging(["timeZone": "EST"]) { $1 }) == ["timeZone"])
    }

    /// The listings service, which knows the fees, decides whether the whole price is high enough.
    @Test("A price that can't be charged is refused, unless the seller does not change it")
    func prices() throws {
        #expect(faults(["price": "1000000"]) == ["price"] && faults(["price": "€20"]) == ["price"])
        #expect(faults(["price": "20.50", "currency": "HUF"]) == ["price"])
        #expect(faults(["faceValue": "much"]) == ["faceValue"])
        #expect(try #require(change(["faceValue": "19.99"])).faceValue == 1_999)
        #expect(try #require(change(["price": "$1,234.50"])).price == 123_450)
        var cheap = Self.state
        cheap.price = 1
        var form = FormFields(ListingForm.values(of: cheap, for: Visitor()))
        #expect(ListingFormInput(&form, changing: cheap, for: Visitor(), now: Timestamp(seconds: 0))?.price == 1)
    }
}
