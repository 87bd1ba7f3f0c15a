import Testing

@testable import Marketplace

@Suite struct ContactDetailsTests {
    @Test(
        arguments: [
            ("Write to ana@example.com", .email), ("ana@bücher.example", .email), ("see https://x.test/a", .link),
            ("www.tickets", .link), ("my-shop.com has more", .link),
            ("Pay to DE89 3704 0044 0532 0130 00", .bankAccount),
            ("GB82WEST12345698765432 please", .bankAccount), ("Call +49 170 1234567", .phone), ("0170/1234567", .phone),
            ("(212) 555-0123", .phone), ("212-555-0123", .phone), ("call 201701234567", .phone),
            ("PayPal only", .payment), ("Do not pay here!", .payment), ("Please don’t pay here", .payment),
            ("WhatsApp me", .payment), ("pay\u{200b}pal", .payment), ("ｐａｙｐａｌ", .payment), ("pay\u{ad}pal", .payment),
            ("bob＠gmail．com", .email), ("+49\u{200b}170 1234567", .phone), ("+４９ １７０ １２３４５６７", .phone),
            ("t\u{2060}.me/bob", .link), ("\u{fdfa}\u{fdfb}ana@example.com", .email), ("zürich.de", .link),
            ("Account:GB82WEST12345698765432", .bankAccount), ("(212)555-0123", .phone),
        ] as [(String, ContactDetails)])
    func detailsAreFound(text: String, kind: ContactDetails) {
        #expect(ContactDetails.find(in: text) == kind)
    }

    @Test(arguments: [
        "Three together. The tickets are on my phone and can be passed on in the app.",
        "Doors 18:00, show 19:30-22:15.",
        "Block 12, row 7, seats 101-104", "On 01.02.2027 at 20:00, not on 2027-02-03.",
        "Bought for 120.50 EUR, order 4711-12",
        "Front tables: expect to be talked to.", "DE12 is the block, 1234567 the order.",
        "Meet me at gate 5. Bring a towel.",
        "Collect them at the box office.\nFrom 18:00.", "a @ b, e.g. here", "",
    ])
    func otherTextsAreAllowed(text: String) {
        #expect(ContactDetails.find(in: text) == nil)
    }

    @Test(
        arguments: [
            ("Row 7, ana@example.com", .email), ("https://x.test/a", .link), ("www.tickets", .link),
            ("DE89 3704 0044 0532 0130 00", .bankAccount), ("Call +49 170 1234567", .phone),
            ("Crypto.com Arena", nil), ("Blink-182", nil), ("The 1975", nil), ("PayPal Park", nil),
            ("Block 112-114", nil),
            ("2027-06-01 18:00", nil), ("Tickets.org live", nil),
        ] as [(String, ContactDetails?)])
    func namesMayBeThoseOfHostsButNotAddresses(text: String, kind: ContactDetails?) {
        #expect(ContactDetails.find(inName: text) == kind)
    }

    @Test(arguments: ["title", "venue", "city", "section", "row"]) func eachTextIsChecked(field: String) {
        let number = "Call +49 170 12"
        var details = ShowDetails()
        switch field {
        case "venue": details.venue = number + "34567"
        case "city": details.city = number + "34567"
        case "section": details.section = number + "34567"
        case "row": details.row = "+49 170 1234567"
        default: break
        }
        var decider = ListingsDecider.of()
        let create = CreateListing(
            title: field == "title" ? number + "34567" : "Row 7", price: 2_500, currency: .usd, quantity: 1,
            details: details, userVersion: 3)
        let decision = decider.decide(
            .command(Fixture.head(50, by: .user(.n(90))), .createListing(create)), now: Fixture.now)
        #expect(decision.refusal?.code == .invalid && decision.refusal?.field == field)
    }

    @Test func aNoteWithContactDetailsIsRefused() {
        var decider = ListingsDecider.of()
        let create = CreateListing(
            title: "Row 7", price: 2_500, currency: .usd, quantity: 1,
            details: ShowDetails(note: "Call +49 170 1234567"), userVersion: 3)
        let decision = decider.decide(
            .command(Fixture.head(50, by: .user(.n(90))), .createListing(create)), now: Fixture.now)
        #expect(decision.refusal?.code == .invalid && decision.refusal?.field == "note")
        #expect(decision.refusal?.message.contains("a telephone number") == true && decider.isUnchanged)
    }

    /// A listing whose note is from an earlier version can still be changed.
    @Test func onlyANewNoteIsRefused() {
        var details = Fixture.show
        details.note = "PayPal only"
        var listing = Fixture.listing()
        listing.details = details
        var decider = ListingsDecider.of(.sample(listing))
        func change(_ details: ShowDetails = ShowDetails(), quantity: Int? = nil) -> ListingsCommand {
            .changeListing(ChangeListing(ticketId: .n(1), quantity: quantity, details: details, userVersion: 3))
        }
        func send(_ command: ListingsCommand) -> Decision {
            decider.decide(.command(Fixture.head(60, by: .user(.n(90))), command), now: Fixture.now)
        }
        #expect(send(change(quantity: 2)).isDone)
        #expect(send(change(ShowDetails(note: "Venmo only"))).refusal?.field == "note")
        #expect(send(change(ShowDetails(note: "Two together"))).isDone)
    }
}
