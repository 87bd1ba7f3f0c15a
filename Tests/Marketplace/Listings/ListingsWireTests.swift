import Testing

@testable import Marketplace

@Suite struct ListingsWireTests {
    private let ticket = #""01980000-0000-7000-8000-000000000001""#
    private let seller = #""01980000-0000-7000-8000-00000000005a""#

    @Test func createListingKeepsItsFormat() throws {
        try expectGolden(
            CreateListing(title: "Row 7", price: 2500, currency: .usd, quantity: 3, userVersion: 2),
            type: "CreateTicket",
            #"{"currency":"USD","price":2500,"quantity":3,"title":"Row 7","userVersion":2}"#)
    }

    @Test func changeListingKeepsItsFormat() throws {
        try expectGolden(
            ChangeListing(
                ticketId: .n(1), title: "Row 8", price: 1, currency: .usd, quantity: 2, withdrawn: true, ifVersion: 4,
                userVersion: 2), type: "ChangeTicket",
            #"{"currency":"USD","ifVersion":4,"price":1,"quantity":2,"ticketId":\#(ticket),"title":"Row 8","#
                + #""userVersion":2,"withdrawn":true}"#)
    }

    @Test func absentMembersAreNotEncoded() throws {
        try expectGolden(
            ChangeListing(ticketId: .n(1), userVersion: 2), type: "ChangeTicket",
            #"{"ticketId":\#(ticket),"userVersion":2}"#)
        let null: ChangeListing = try Wire.value(#"{"ticketId":\#(ticket),"userVersion":2,"title":null}"#)
        #expect(null.title == nil)
    }

    @Test func eventBodyKeepsItsFormat() throws {
        try expectGolden(
            Fixture.listing(version: 2),
            #"{"createdAt":"2026-08-01T12:00:00.000Z","currency":"USD","id":\#(ticket),"price":2500,"quantity":3,"#
                + #""sellerId":\#(seller),"title":"Row 7","updatedAt":"2026-08-01T12:00:00.000Z","version":2,"#
                + #""withdrawn":false}"#)
    }

    private let breakdown =
        #""breakdown":{"allIn":2500,"ask":2500,"buyerFee":0,"sellerFee":0,"tax":0,"youGet":2500}"#

    @Test func representationKeepsItsFormat() throws {
        try expectGolden(
            Listing.sample(held: 1).representation,
            #"{"allIn":2500,"available":2,\#(breakdown),"createdAt":"2026-08-01T12:00:00.000Z","currency":"USD","id":\#(ticket),"price":2500,"#
                + #""quantity":3,"title":"Row 7","updatedAt":"2026-08-01T12:00:00.000Z","userId":\#(seller),"#
                + #""version":1,"withdrawn":false}"#)
    }

    @Test func feesKeepTheirFormat() throws {
        var state = Fixture.listing(version: 2)
        state.pricing = UnitPricing(
            buyerFee: 175, sellerFee: 63, feeVersion: 3, policyVersion: 2, faceValue: 3000)
        try expectGolden(
            state,
            #"{"createdAt":"2026-08-01T12:00:00.000Z","currency":"USD","id":\#(ticket),"price":2500,"#
                + #""pricing":{"buyerFee":175,"faceValue":3000,"feeVersion":3,"policyVersion":2,"sellerFee":63,"tax":0},"#
                + #""quantity":3,"sellerId":\#(seller),"title":"Row 7","updatedAt":"2026-08-01T12:00:00.000Z","#
                + #""version":2,"withdrawn":false}"#)
        let represented = try Wire.text(Listing.sample(state).representation)
        #expect(
            represented.contains(
                #""breakdown":{"allIn":2675,"ask":2500,"buyerFee":175,"sellerFee":63,"tax":0,"youGet":2437}"#))
        #expect(represented.hasPrefix(#"{"allIn":2675,"#) && represented.contains(#""faceValue":3000"#))
    }

    // MARK: With details

    private let details =
        #"{"city":"Reykjavík","note":"Two together.\nNo re-entry.","row":"7","section":"Balcony","#
        + #""startsAt":"2026-08-31T12:00:00.000Z","timeZone":"Atlantic/Reykjavik","venue":"Harpa"}"#

    @Test func detailsInCommandsKeepTheirFormat() throws {
        try expectGolden(
            CreateListing(
                title: "Row 7", price: 2500, currency: .usd, quantity: 3, details: Fixture.show, userVersion: 2),
            type: "CreateTicket",
            #"{"currency":"USD","details":\#(details),"price":2500,"quantity":3,"title":"Row 7","userVersion":2}"#)
        try expectGolden(
            ChangeListing(ticketId: .n(1), details: ShowDetails(row: "", note: "a"), userVersion: 2),
            type: "ChangeTicket", #"{"details":{"note":"a","row":""},"ticketId":\#(ticket),"userVersion":2}"#)
    }

    @Test func detailsInEventsKeepTheirFormat() throws {
        try expectGolden(
            Fixture.listing(details: Fixture.show, version: 2),
            #"{"createdAt":"2026-08-01T12:00:00.000Z","currency":"USD","details":\#(details),"id":\#(ticket),"#
                + #""price":2500,"quantity":3,"sellerId":\#(seller),"title":"Row 7","#
                + #""updatedAt":"2026-08-01T12:00:00.000Z","version":2,"withdrawn":false}"#)
    }

    @Test func representationFlattensTheDetails() throws {
        try expectGolden(
            Listing.sample(Fixture.listing(details: Fixture.show)).representation,
            #"{"allIn":2500,"available":3,\#(breakdown),"city":"Reykjavík","createdAt":"2026-08-01T12:00:00.000Z","currency":"USD","#
                + #""id":\#(ticket),"note":"Two together.\nNo re-entry.","price":2500,"quantity":3,"row":"7","#
                + #""section":"Balcony","startsAt":"2026-08-31T12:00:00.000Z","timeZone":"Atlantic/Reykjavik","#
                + #""title":"Row 7","updatedAt":"2026-08-01T12:00:00.000Z","userId":\#(seller),"venue":"Harpa","#
                + #""version":1,"withdrawn":false}"#)
    }

    // MARK: With a performance

    private let performance = #""01980000-0000-7000-8000-000000000007""#

    @Test func thePerformanceInCommandsKeepsItsFormat() throws {
        try expectGolden(
            CreateListing(
                title: "Row 7", price: 2500, currency: .usd, quantity: 3, performanceId: .n(7), performanceVersion: 4,
                userVersion: 2), type: "CreateTicket",
            #"{"currency":"USD","performanceId":\#(performance),"performanceVersion":4,"price":2500,"quantity":3,"#
                + #""title":"Row 7","userVersion":2}"#)
    }

    @Test func aSuspendedListingKeepsItsFormat() throws {
        var state = Fixture.listing(withdrawn: true, version: 2)
        state.performanceId = .n(7)
        state.suspended = Suspension(reason: .postponed, wasOnSale: true)
        try expectGolden(
            state,
            #"{"createdAt":"2026-08-01T12:00:00.000Z","currency":"USD","id":\#(ticket),"performanceId":\#(performance),"#
                + #""price":2500,"quantity":3,"sellerId":\#(seller),"#
                + #""suspended":{"reason":"postponed","wasOnSale":true},"title":"Row 7","#
                + #""updatedAt":"2026-08-01T12:00:00.000Z","version":2,"withdrawn":true}"#)
        try expectGolden(
            Listing.sample(state).representation,
            #"{"allIn":2500,"available":0,\#(breakdown),"createdAt":"2026-08-01T12:00:00.000Z","currency":"USD","id":\#(ticket),"#
                + #""performanceId":\#(performance),"price":2500,"quantity":3,"suspended":"postponed","#
                + #""title":"Row 7","updatedAt":"2026-08-01T12:00:00.000Z","userId":\#(seller),"version":2,"#
                + #""withdrawn":true}"#)
    }

    @Test func unknownMembersAreIgnored() throws {
        let text = try Wire.text(Fixture.listing())
        let newer = #"{"newer":{"a":[1]},"# + text.dropFirst()
        #expect(try Wire.value(newer) == Fixture.listing())
    }
}
