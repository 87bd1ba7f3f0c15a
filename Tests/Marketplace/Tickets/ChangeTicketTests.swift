import Testing

@testable import Marketplace

@Suite struct ChangeTicketTests {
    private func change(
        title: String? = nil, price: Int64? = nil, currency: Currency? = nil, quantity: Int? = nil,
        details: EventDetails = EventDetails(), withdrawn: Bool? = nil, ifVersion: Int64? = nil, userVersion: Int64 = 3
    ) -> TicketsCommand {
        .changeTicket(
            ChangeTicket(
                ticketId: .n(1), title: title, price: price, currency: currency, quantity: quantity,
                details: details, withdrawn: withdrawn, ifVersion: ifVersion, userVersion: userVersion))
    }

    @Test func changesWhatIsNamedAndKeepsTheRest() throws {
        var desk = TicketsDesk.of(.sample(held: 1, sold: 1))
        let later = Sample.now + .seconds(60)
        let decision = desk.ask(change(price: 3000), at: later)
        let listing = try #require(desk.listings[.n(1)])
        var expected = Listing.sample(Sample.ticket(price: 3000, version: 2), held: 1, sold: 1)
        expected.state.updatedAt = later
        #expect(listing == expected)
        #expect(decision.reply(as: TicketRepresentation.self) == listing.representation)
        #expect(decision.events.map(\.type) == [.ticketUpdated] && decision.events.map(\.version) == [2])
        #expect(desk.changedListings == [.n(1)] && desk.newListings.isEmpty)
    }

    @Test func everyFactCanBeChanged() throws {
        var desk = TicketsDesk.of(.sample())
        let euro = try #require(Currency(rawValue: "EUR"))
        #expect(desk.ask(change(title: "Row 8", currency: euro, quantity: 9, withdrawn: true)).isDone)
        let state = try #require(desk.listings[.n(1)]?.state)
        #expect(state.title == "Row 8" && state.currency == euro && state.quantity == 9 && state.withdrawn)
        #expect(desk.ask(change(withdrawn: false)).isDone)
        #expect(desk.listings[.n(1)]?.state.withdrawn == false && desk.listings[.n(1)]?.state.version == 3)
    }

    @Test func aChangeThatChangesNothingRaisesNoVersion() {
        var desk = TicketsDesk.of(.sample())
        for command in [change(), change(title: "Row 7", price: 2500, quantity: 3, withdrawn: false)] {
            let decision = desk.ask(command, at: Sample.now + .seconds(9))
            #expect(decision.isDone && decision.events.isEmpty)
        }
        #expect(desk.isUnchanged && desk.listings[.n(1)] == .sample())
    }

    @Test func aTicketNobodyListedIsNotFound() {
        var desk = TicketsDesk.of()
        #expect(desk.ask(change(price: 1)).refusal?.code == .notFound)
        #expect(desk.isUnchanged)
    }

    @Test(arguments: [Actor.user(.n(91)), .nobody, .operator, .stripe])
    func onlyItsSellerMayChangeIt(actor: Actor) {
        var desk = TicketsDesk.of(.sample())
        #expect(desk.ask(change(price: 1), by: actor).refusal?.code == .forbidden)
        #expect(desk.isUnchanged)
    }

    @Test func isPutOffWhileTheCopyOfTheSellerIsBehind() {
        var desk = TicketsDesk.of(.sample())
        #expect(desk.ask(change(price: 1, userVersion: 4)).isPutOff)
        #expect(desk.isUnchanged)
    }

    @Test func whoIsBannedChangesNothing() {
        var desk = TicketsDesk.of(.sample(), seller: .banned)
        #expect(desk.ask(change(withdrawn: false)).refusal?.code == .banned)
        #expect(desk.isUnchanged)
    }

    @Test(arguments: [(1, true), (2, true), (nil, true), (0, false), (3, false)] as [(Int64?, Bool)])
    func theVersionThatIsAskedForIsTheOneChanged(ifVersion: Int64?, isFresh: Bool) {
        var desk = TicketsDesk.of(.sample(Sample.ticket(version: ifVersion == 1 ? 1 : 2)))
        let decision = desk.ask(change(price: 1, ifVersion: ifVersion))
        #expect(decision.isDone == isFresh)
        if !isFresh { #expect(decision.refusal?.code == .staleVersion && desk.isUnchanged) }
    }

    @Test(arguments: titles) func aTitleIsOneLineOf1To200Characters(title: String, isTitle: Bool) {
        var desk = TicketsDesk.of(.sample())
        #expect(desk.ask(change(title: title)).refusal?.field == (isTitle ? nil : "title"))
    }

    @Test func numbersAreWithinTheirLimits() {
        var desk = TicketsDesk.of(.sample())
        for price in [Int64.min, 0, Price.limit + 1] {
            #expect(desk.ask(change(price: price)).refusal?.field == "price")
        }
        for quantity in [Int.min, 0, TicketState.quantityLimit + 1] {
            #expect(desk.ask(change(quantity: quantity)).refusal?.field == "quantity")
        }
        #expect(desk.isUnchanged)
    }

    @Test func loweringBelowWhatIsTakenLeavesNothingButTakesNothingBack() throws {
        var desk = TicketsDesk.of(.sample(held: 1, sold: 1))
        let reply = try #require(desk.ask(change(quantity: 1)).reply(as: TicketRepresentation.self))
        #expect(reply.quantity == 1 && reply.available == 0)
        #expect(desk.listings[.n(1)]?.held == 1 && desk.listings[.n(1)]?.sold == 1)
    }

    // MARK: Details

    @Test func detailsAreChangedOneByOne() throws {
        var desk = TicketsDesk.of(.sample(Sample.ticket(details: Sample.event)))
        #expect(desk.ask(change(details: EventDetails(city: "Akureyri", section: "", row: "", note: ""))).isDone)
        let event = Sample.event
        let left = EventDetails(
            venue: event.venue, city: "Akureyri", startsAt: event.startsAt, timeZone: event.timeZone)
        #expect(desk.listings[.n(1)]?.state.details == left)
        #expect(desk.ask(change(details: event)).isDone && desk.listings[.n(1)]?.state.details == event)
    }

    @Test(arguments: Details.wrong) func detailsAreWithinTheirLimits(details: EventDetails, field: String) {
        var desk = TicketsDesk.of(.sample())
        let refusal = desk.ask(change(details: details)).refusal
        #expect(refusal?.code == .invalid && refusal?.field == field && desk.isUnchanged)
    }

    @Test func anEventIsNotMovedIntoThePast() throws {
        let start = try #require(Sample.event.startsAt)
        var desk = TicketsDesk.of(.sample(Sample.ticket(details: Sample.event)))
        #expect(desk.ask(change(details: EventDetails(startsAt: Sample.now))).refusal?.field == "startsAt")
        #expect(desk.isUnchanged)
        #expect(desk.ask(change(details: EventDetails(startsAt: start + .seconds(60)))).isDone)
    }

    @Test func whatIsHeldOrSoldStaysWhatItIs() throws {
        let start = try #require(Sample.event.startsAt)
        let locked = [
            change(title: "Row 8"), change(details: EventDetails(venue: "Hof")),
            change(details: EventDetails(city: "Akureyri")),
            change(details: EventDetails(startsAt: start + .seconds(60))),
            change(details: EventDetails(timeZone: "Europe/Paris")), change(details: EventDetails(section: "")),
            change(details: EventDetails(row: "8")),
        ]
        let free = [
            change(price: 1), change(quantity: 9), change(withdrawn: true), change(details: EventDetails(note: "Hi")),
            change(title: "Row 7", price: 2),
        ]
        for (held, sold) in [(1, 0), (0, 1)] {
            for command in locked {
                var desk = TicketsDesk.of(.sample(Sample.ticket(details: Sample.event), held: held, sold: sold))
                #expect(desk.ask(command).refusal?.code == .conflict && desk.isUnchanged)
            }
            for command in free {
                var desk = TicketsDesk.of(.sample(Sample.ticket(details: Sample.event), held: held, sold: sold))
                #expect(desk.ask(command).isDone && !desk.isUnchanged)
            }
        }
    }

    @Test func whatHasBegunCanOnlyBeWithdrawn() throws {
        let start = try #require(Sample.event.startsAt)
        let listing = Listing.sample(Sample.ticket(details: Sample.event))
        for command in [
            change(price: 1), change(details: EventDetails(startsAt: start + .seconds(60))),
            change(price: 1, withdrawn: true),
        ] {
            var desk = TicketsDesk.of(listing)
            #expect(desk.ask(command, at: start).refusal?.code == .conflict && desk.isUnchanged)
        }
        var desk = TicketsDesk.of(listing)
        #expect(desk.ask(change(withdrawn: true), at: start).isDone)
        #expect(desk.ask(change(withdrawn: true), at: start).events.isEmpty)
        #expect(desk.ask(change(withdrawn: false), at: start).refusal?.code == .conflict)
    }

    @Test func whatIsListedAndChangedInOneBatchIsOnlyInserted() {
        var desk = TicketsDesk.of()
        let create = CreateTicket(title: "Row 7", price: 1, currency: .usd, quantity: 1, userVersion: 3)
        _ = desk.decide(.command(Sample.head(1, by: .user(.n(90))), .createTicket(create)), now: Sample.now)
        #expect(desk.ask(change(price: 2)).events.map(\.version) == [2])
        #expect(desk.newListings == [.n(1)] && desk.changedListings.isEmpty)
    }
}
