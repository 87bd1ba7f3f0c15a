import Testing

@testable import Marketplace

@Suite struct CreateTicketTests {
    private func create(
        title: String = "Row 7", price: Int64 = 2500, quantity: Int = 3,
        details: EventDetails = EventDetails(), userVersion: Int64 = 3
    ) -> TicketsCommand {
        .createTicket(
            CreateTicket(
                title: title, price: price, currency: .usd, quantity: quantity, details: details,
                userVersion: userVersion))
    }

    @Test func listsATicketWithTheCommandsId() throws {
        var desk = TicketsDesk.of()
        let decision = desk.ask(create())
        let listing = try #require(desk.listings[.n(50)])
        #expect(listing == .sample(Sample.ticket(50)))
        #expect(decision.reply(as: TicketRepresentation.self) == listing.representation)
        #expect(decision.events.map(\.type) == [.ticketCreated] && decision.events.map(\.version) == [1])
        #expect(decision.events.map(\.subject) == [TicketID.n(50).description])
        #expect(desk.newListings == [.n(50)] && desk.changedListings.isEmpty)
    }

    @Test(arguments: [Actor.nobody, .operator, .stripe])
    func onlyUsersSell(actor: Actor) {
        var desk = TicketsDesk.of()
        #expect(desk.ask(create(), by: actor).refusal?.code == .forbidden)
        #expect(desk.isUnchanged)
    }

    @Test func isPutOffWhileTheCopyOfTheSellerIsBehind() {
        var behind = TicketsDesk.of()
        #expect(behind.ask(create(userVersion: 4)).isPutOff && behind.isUnchanged)
        var without = TicketsDesk.of(seller: nil)
        #expect(without.ask(create(userVersion: 0)).isPutOff && without.isUnchanged)
    }

    @Test func aCopyThatIsAheadWillDo() {
        var desk = TicketsDesk.of()
        #expect(desk.ask(create(userVersion: 1)).isDone)
    }

    @Test func whoIsBannedSellsNothing() {
        var desk = TicketsDesk.of(seller: .banned)
        #expect(desk.ask(create()).refusal?.code == .banned)
        #expect(desk.isUnchanged)
    }

    @Test(arguments: titles) func aTitleIsOneLineOf1To200Characters(title: String, isTitle: Bool) {
        var desk = TicketsDesk.of()
        let decision = desk.ask(create(title: title))
        #expect(decision.isDone == isTitle)
        if !isTitle {
            #expect(decision.refusal?.code == .invalid && decision.refusal?.field == "title")
            #expect(desk.isUnchanged)
        }
    }

    @Test(arguments: [Int64.min, -1, 0, 100_000_000, .max]) func aPriceIs1ToTheLimit(price: Int64) {
        var desk = TicketsDesk.of()
        let refusal = desk.ask(create(price: price)).refusal
        #expect(refusal?.code == .invalid && refusal?.field == "price")
        #expect(desk.isUnchanged)
    }

    @Test(arguments: [Int.min, -1, 0, 1_000_001, .max]) func aQuantityIs1ToTheLimit(quantity: Int) {
        var desk = TicketsDesk.of()
        let refusal = desk.ask(create(quantity: quantity)).refusal
        #expect(refusal?.code == .invalid && refusal?.field == "quantity")
        #expect(desk.isUnchanged)
    }

    @Test func theLimitsThemselvesAreAllowed() {
        for (price, quantity) in [(1, 1), (Price.limit, TicketState.quantityLimit)] {
            var desk = TicketsDesk.of()
            #expect(desk.ask(create(price: price, quantity: quantity)).isDone)
        }
    }

    @Test func detailsAreKept() {
        var desk = TicketsDesk.of()
        #expect(desk.ask(create(details: Sample.event)).isDone)
        #expect(desk.listings[.n(50)]?.state.details == Sample.event)
    }

    @Test(arguments: Details.wrong) func detailsAreWithinTheirLimits(details: EventDetails, field: String) {
        var desk = TicketsDesk.of()
        let refusal = desk.ask(create(details: details)).refusal
        #expect(refusal?.code == .invalid && refusal?.field == field && desk.isUnchanged)
    }

    @Test(arguments: Details.right) func theirLimitsAreAllowed(details: EventDetails) {
        var desk = TicketsDesk.of()
        #expect(desk.ask(create(details: details)).isDone)
    }

    @Test(arguments: [(-1, false), (0, false), (1, true)] as [(Int64, Bool)])
    func anEventIsYetToBegin(milliseconds: Int64, isListed: Bool) {
        var desk = TicketsDesk.of()
        let details = EventDetails(startsAt: Sample.now + .milliseconds(milliseconds), timeZone: "UTC")
        let decision = desk.ask(create(details: details))
        #expect(decision.isDone == isListed)
        #expect(decision.refusal?.field == (isListed ? nil : "startsAt"))
    }

    @Test func anIdThatListedATicketBeforeIsRefused() {
        var desk = TicketsDesk.of(.sample(Sample.ticket(50)))
        #expect(desk.ask(create(title: "Row 8")).refusal?.code == .keyReused)
        #expect(desk.isUnchanged)
    }
}
