import Testing

@testable import Marketplace

@Suite struct CreateOrderTests {
    @Test func holdsUnitsAtTodaysPriceFor15Minutes() throws {
        var desk = OrdersDesk.of()
        let decision = desk.ask(.create(2))
        let order = try #require(desk.orders[.n(50)])
        #expect(order == Sample.order(50))
        #expect(order.expiresAt == Sample.now + .seconds(15 * 60) && order.total == 5000)
        #expect(decision.reply(as: OrderRepresentation.self) == OrderRepresentation(order))
        #expect(decision.events.map(\.type) == [.orderCreated] && decision.events.map(\.version) == [1])
        #expect(decision.events.map(\.subject) == [order.id.description])
        #expect(desk.newOrders == [.n(50)] && desk.changedOrders.isEmpty && desk.changedOffers == [.n(1)])
        #expect(desk.offers[.n(1)]?.held == 2 && desk.offers[.n(1)]?.nextUnit == 3)
        #expect(desk.added == [1, 2] && desk.units.added.allSatisfy { $0.orderId == order.id })
        #expect(desk.taken.isEmpty && desk.returned.isEmpty && desk.units.removed.isEmpty)
    }

    @Test func theHoldIsASetting() {
        let rules = OrdersRules(hold: .seconds(5))
        var desk = OrdersDesk(
            users: [UserCopy(id: .n(1), status: .active, version: 3)], offers: [.sample()], orders: [],
            allocations: [], free: [:], rules: rules)
        #expect(desk.ask(.create()).isDone)
        #expect(desk.orders[.n(50)]?.expiresAt == Sample.now + .seconds(5))
    }

    @Test func unitsThatCameBackAreHandedOutFirstTheSmallestBefore() {
        var desk = OrdersDesk.of(offer: .sample(Sample.ticket(quantity: 5, version: 3)), free: [2, 1])
        #expect(desk.ask(.create(1), id: 50).isDone)
        #expect(desk.added == [1] && desk.taken == [1])
        #expect(desk.ask(.create(2), id: 51).isDone)
        #expect(desk.added == [1, 2, 3] && desk.taken == [1, 2] && desk.returned.isEmpty)
        #expect(desk.offers[.n(1)]?.nextUnit == 4)
    }

    @Test func theLastUnitIsSoldAndNoMore() throws {
        var desk = OrdersDesk.of()
        #expect(desk.ask(.create(2), id: 50).isDone)
        let tooMany = try #require(desk.ask(.create(2), id: 51).refusal)
        #expect(tooMany.code == .soldOut && tooMany.field == "quantity" && tooMany.message.contains("Only 1 left"))
        #expect(desk.ask(.create(1, userVersion: 1), id: 52, by: .user(.n(2))).isDone)
        #expect(desk.ask(.create(1), id: 53).refusal?.code == .soldOut)
        #expect(desk.offers[.n(1)]?.held == 3 && desk.added == [1, 2, 3])
    }

    @Test func of200AtOnceFor50UnitsExactly50AreMade() {
        var desk = OrdersDesk.of(offer: .sample(Sample.ticket(quantity: 50, version: 3)))
        let decisions = (1...200).map { desk.ask(.create(), id: 1000 + $0) }
        #expect(decisions.count(where: \.isDone) == 50)
        #expect(decisions.count { $0.refusal?.code == .soldOut } == 150)
        #expect(desk.added == Array(1...50) && desk.newOrders.count == 50)
    }

    // MARK: Refusals

    private func expectRefusal(
        _ code: Refusal.Code, of command: OrdersCommand, by actor: Actor = .user(.n(1)), on desk: OrdersDesk = .of(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var desk = desk
        #expect(desk.ask(command, by: actor).refusal?.code == code, sourceLocation: sourceLocation)
        #expect(desk.isUnchanged, sourceLocation: sourceLocation)
    }

    @Test(arguments: [Actor.nobody, .operator, .stripe]) func onlyUsersOrder(actor: Actor) {
        expectRefusal(.forbidden, of: .create(), by: actor)
    }

    @Test func whoIsBannedOrdersNothing() {
        expectRefusal(.banned, of: .create(), on: .of(buyer: .banned))
    }

    @Test func nobodyOrdersTheirOwnTicket() {
        expectRefusal(.conflict, of: .create(), on: .of(offer: .sample(Sample.ticket(seller: 1, version: 3))))
    }

    @Test func whatIsWithdrawnIsNotSold() {
        expectRefusal(.withdrawn, of: .create(), on: .of(offer: .sample(Sample.ticket(withdrawn: true, version: 3))))
    }

    @Test(arguments: [Int.min, -1, 0, 101, .max]) func aQuantityIs1To100(quantity: Int) {
        let offer = TicketOffer.sample(Sample.ticket(price: 1, quantity: 1_000_000, version: 3))
        expectRefusal(.invalid, of: .create(quantity), on: .of(offer: offer))
    }

    @Test func a100UnitsCanBeOrdered() {
        var desk = OrdersDesk.of(offer: .sample(Sample.ticket(price: 1, quantity: 100, version: 3)))
        #expect(desk.ask(.create(100)).isDone)
        #expect(desk.added == Array(1...100))
    }

    @Test func aTotalIsWithinOneCharge() {
        let offer = TicketOffer.sample(Sample.ticket(price: 50_000_000, version: 3))
        expectRefusal(.invalid, of: .create(2), on: .of(offer: offer))
        var desk = OrdersDesk.of(offer: offer)
        #expect(desk.ask(.create(1)).isDone)
    }

    @Test(arguments: [0, -1, Price.limit + 1, .max, .min]) func aPriceWrittenByHandSellsNothing(price: Int64) {
        expectRefusal(.invalid, of: .create(), on: .of(offer: .sample(Sample.ticket(price: price, version: 3))))
    }

    @Test func aChangedPriceIsRefusedWithTheNew() throws {
        var desk = OrdersDesk.of()
        let refusal = try #require(desk.ask(.create(price: 2499)).refusal)
        #expect(refusal.code == .priceChanged && refusal.price == 2500 && refusal.field == "price")
        #expect(desk.isUnchanged)
        #expect(desk.ask(.create(price: 2500, currency: .usd)).isDone)
    }

    @Test func theSameNumberInAnotherCurrencyIsAnotherPrice() {
        expectRefusal(.priceChanged, of: .create(price: 2500, currency: Currency(rawValue: "JPY")))
    }

    @Test func whatIsSoldOutIsRefused() throws {
        var desk = OrdersDesk.of(orders: [Sample.order(quantity: 3, status: .complete, attempt: 1)])
        let refusal = try #require(desk.ask(.create()).refusal)
        #expect(refusal.code == .soldOut && refusal.message.contains("Nothing is left"))
        #expect(desk.isUnchanged)
    }

    @Test func aSellerWhoOffersLessThanIsTakenSellsNoMore() {
        let offer = TicketOffer.sample(Sample.ticket(quantity: 1, version: 3))
        expectRefusal(.soldOut, of: .create(), on: .of(offer: offer, orders: [Sample.order(status: .complete)]))
    }

    @Test func anIdThatMadeAnOrderBeforeIsRefused() {
        expectRefusal(.keyReused, of: .create(), on: .of(orders: [Sample.order(50, quantity: 1)]))
    }

    // MARK: Copies that are behind

    @Test(arguments: [(4, 3), (3, 4), (.max, .max)] as [(Int64, Int64)])
    func isPutOffWhileACopyIsBehind(ticketVersion: Int64, userVersion: Int64) {
        var desk = OrdersDesk.of()
        #expect(desk.ask(.create(ticketVersion: ticketVersion, userVersion: userVersion)).isPutOff)
        #expect(desk.isUnchanged)
    }

    @Test func isPutOffWhileThereIsNoCopy() {
        var noTicket = OrdersDesk.of(offer: nil)
        #expect(noTicket.ask(.create(ticketVersion: 0)).isPutOff && noTicket.isUnchanged)
        var noBuyer = OrdersDesk.of(buyer: nil)
        #expect(noBuyer.ask(.create(userVersion: 0)).isPutOff && noBuyer.isUnchanged)
    }

    @Test func keepsTheEventAsTheListingToldOfIt() {
        var desk = OrdersDesk.of(offer: .sample(Sample.ticket(details: Sample.event, version: 3)))
        #expect(desk.ask(.create()).isDone && desk.orders[.n(50)]?.details == Sample.event)
        #expect(desk.tell(.ticket(Sample.ticket(version: 4))).isSilent)
        #expect(desk.offers[.n(1)]?.details == EventDetails() && desk.orders[.n(50)]?.details == Sample.event)
    }

    @Test(arguments: [(-1, true), (0, false), (1, false)] as [(Int64, Bool)])
    func anEventThatHasBegunIsSoldNoMore(late: Int64, isSold: Bool) throws {
        var desk = OrdersDesk.of(offer: .sample(Sample.ticket(details: Sample.event, version: 3)))
        let decision = desk.ask(.create(), at: try #require(Sample.event.startsAt) + .milliseconds(late))
        #expect(decision.isDone == isSold)
        if !isSold { #expect(decision.refusal?.code == .eventPast && desk.isUnchanged) }
    }

    @Test func copiesThatAreAheadWillDo() {
        var desk = OrdersDesk.of()
        #expect(desk.ask(.create(ticketVersion: 1, userVersion: 1)).isDone)
    }

    @Test func whatABatchHearsBeforeIsEnough() {
        var desk = OrdersDesk.of(offer: nil, buyer: nil)
        #expect(desk.tell(.ticket(Sample.ticket(version: 3))).isSilent)
        #expect(desk.tell(.user(UserState(id: .n(1), status: .active, role: .member, version: 3))).isSilent)
        #expect(desk.ask(.create(3)).isDone)
        #expect(desk.newOffers == [.n(1)] && desk.changedOffers.isEmpty)
        #expect(desk.offers[.n(1)]?.held == 3)
    }
}
