import Testing

@testable import Marketplace

@Suite struct CreateOrderTests {
    @Test func creatingAnOrderHoldsUnitsAtThePriceFor15Minutes() throws {
        var decider = OrdersDecider.of()
        let decision = decider.send(.create(2))
        let order = try #require(decider.orders[.n(50)])
        #expect(order == Fixture.order(50))
        #expect(order.expiresAt == Fixture.now + .seconds(15 * 60) && order.total == 5000)
        #expect(decision.reply(as: OrderRepresentation.self) == OrderRepresentation(order))
        #expect(decision.events.map(\.type) == [.orderCreated] && decision.events.map(\.version) == [1])
        #expect(decision.events.map(\.subject) == [order.id.description])
        #expect(
            decider.insertedOrders == [.n(50)] && decider.updatedOrders.isEmpty && decider.updatedListings == [.n(1)])
        #expect(decider.listings[.n(1)]?.held == 2 && decider.listings[.n(1)]?.nextUnit == 3)
        #expect(
            decider.allocatedUnits == [1, 2] && decider.units.insertedAllocations.allSatisfy { $0.orderId == order.id })
        #expect(decider.takenFreeUnits.isEmpty && decider.releasedUnits.isEmpty && decider.units.releasedOrders.isEmpty)
    }

    @Test func rulesSetTheLengthOfTheHold() {
        let rules = OrdersRules(holdLength: .seconds(5))
        var decider = OrdersDecider(
            users: [UserCopy(id: .n(1), status: .active, version: 3)], listings: [.sample()], orders: [],
            allocations: [], free: [:], rules: rules)
        #expect(decider.send(.create()).isDone)
        #expect(decider.orders[.n(50)]?.expiresAt == Fixture.now + .seconds(5))
    }

    @Test func freeUnitsAreAllocatedFirstInAscendingOrder() {
        var decider = OrdersDecider.of(listing: .sample(Fixture.listing(quantity: 5, version: 3)), free: [2, 1])
        #expect(decider.send(.create(1), id: 50).isDone)
        #expect(decider.allocatedUnits == [1] && decider.takenFreeUnits == [1])
        #expect(decider.send(.create(2), id: 51).isDone)
        #expect(
            decider.allocatedUnits == [1, 2, 3] && decider.takenFreeUnits == [1, 2] && decider.releasedUnits.isEmpty)
        #expect(decider.listings[.n(1)]?.nextUnit == 4)
    }

    @Test func ordersBeyondTheLastUnitAreRefused() throws {
        var decider = OrdersDecider.of()
        #expect(decider.send(.create(2), id: 50).isDone)
        let tooMany = try #require(decider.send(.create(2), id: 51).refusal)
        #expect(
            tooMany.code == .soldOut && tooMany.field == "quantity" && tooMany.message.contains("Only 1 ticket is left")
        )
        #expect(decider.send(.create(1, userVersion: 1), id: 52, by: .user(.n(2))).isDone)
        #expect(decider.send(.create(1), id: 53).refusal?.code == .soldOut)
        #expect(decider.listings[.n(1)]?.held == 3 && decider.allocatedUnits == [1, 2, 3])
    }

    @Test func exactly50Of200OrdersFor50UnitsSucceed() {
        var decider = OrdersDecider.of(listing: .sample(Fixture.listing(quantity: 50, version: 3)))
        let decisions = (1...200).map { decider.send(.create(), id: 1000 + $0) }
        #expect(decisions.count(where: \.isDone) == 50)
        #expect(decisions.count { $0.refusal?.code == .soldOut } == 150)
        #expect(decider.allocatedUnits == Array(1...50) && decider.insertedOrders.count == 50)
    }

    // MARK: Refusals

    private func expectRefusal(
        _ code: Refusal.Code, of command: OrdersCommand, by actor: Actor = .user(.n(1)),
        on decider: OrdersDecider = .of(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var decider = decider
        #expect(decider.send(command, by: actor).refusal?.code == code, sourceLocation: sourceLocation)
        #expect(decider.isUnchanged, sourceLocation: sourceLocation)
    }

    @Test(arguments: [Actor.nobody, .operator, .stripe]) func onlyUsersMayOrder(actor: Actor) {
        expectRefusal(.forbidden, of: .create(), by: actor)
    }

    @Test func bannedBuyersCannotOrder() {
        expectRefusal(.banned, of: .create(), on: .of(buyer: .banned))
    }

    @Test func sellersCannotOrderTheirOwnListing() {
        expectRefusal(.conflict, of: .create(), on: .of(listing: .sample(Fixture.listing(seller: 1, version: 3))))
    }

    @Test func withdrawnListingsCannotBeOrdered() {
        expectRefusal(
            .withdrawn, of: .create(), on: .of(listing: .sample(Fixture.listing(withdrawn: true, version: 3))))
    }

    @Test(arguments: [Int.min, -1, 0, 101, .max]) func quantitiesOutside1To100AreRefused(quantity: Int) {
        let listing = ListingCopy.sample(Fixture.listing(price: 50, quantity: 1_000_000, version: 3))
        expectRefusal(.invalid, of: .create(quantity), on: .of(listing: listing))
    }

    @Test func anOrderMayHave100Units() {
        var decider = OrdersDecider.of(listing: .sample(Fixture.listing(price: 50, quantity: 100, version: 3)))
        #expect(decider.send(.create(100)).isDone)
        #expect(decider.allocatedUnits == Array(1...100))
    }

    @Test func totalsBeyondOneChargeAreRefused() {
        let listing = ListingCopy.sample(Fixture.listing(price: 50_000_000, version: 3))
        expectRefusal(.invalid, of: .create(2), on: .of(listing: listing))
        var decider = OrdersDecider.of(listing: listing)
        #expect(decider.send(.create(1)).isDone)
    }

    /// Listings that an earlier version created may have such a price.
    @Test func totalsBelowTheSmallestChargeAreRefused() {
        let listing = ListingCopy.sample(Fixture.listing(price: 10, quantity: 9, version: 3))
        expectRefusal(.invalid, of: .create(4), on: .of(listing: listing))
        var decider = OrdersDecider.of(listing: listing)
        #expect(decider.send(.create(5)).isDone)
    }

    @Test(arguments: [0, -1, Currency.usd.facts.maximum + 1, .max, .min])
    func listingsWithAnInvalidPriceCannotBeOrdered(price: Int64) {
        expectRefusal(.invalid, of: .create(), on: .of(listing: .sample(Fixture.listing(price: price, version: 3))))
    }

    @Test func changedPricesAreRefusedWithTheCurrentPrice() throws {
        var decider = OrdersDecider.of()
        let refusal = try #require(decider.send(.create(price: 2499)).refusal)
        #expect(refusal.code == .priceChanged && refusal.price == 2500 && refusal.field == "price")
        #expect(decider.isUnchanged)
        #expect(decider.send(.create(price: 2500, currency: .usd)).isDone)
    }

    @Test func samePriceInAnotherCurrencyIsRefused() {
        expectRefusal(.priceChanged, of: .create(price: 2500, currency: Currency(rawValue: "JPY")))
    }

    @Test func soldOutListingsCannotBeOrdered() throws {
        var decider = OrdersDecider.of(orders: [Fixture.order(quantity: 3, status: .complete, attempt: 1)])
        let refusal = try #require(decider.send(.create()).refusal)
        #expect(refusal.code == .soldOut && refusal.message.contains("No tickets are left"))
        #expect(decider.isUnchanged)
    }

    @Test func listingsWithMoreHeldThanOfferedAreSoldOut() {
        let listing = ListingCopy.sample(Fixture.listing(quantity: 1, version: 3))
        expectRefusal(.soldOut, of: .create(), on: .of(listing: listing, orders: [Fixture.order(status: .complete)]))
    }

    @Test func reusedKeysAreRefused() {
        expectRefusal(.keyReused, of: .create(), on: .of(orders: [Fixture.order(50, quantity: 1)]))
    }

    // MARK: Copies that are behind

    @Test(arguments: [(4, 3), (3, 4), (.max, .max)] as [(Int64, Int64)])
    func commandsAreDeferredWhileACopyIsBehind(ticketVersion: Int64, userVersion: Int64) {
        var decider = OrdersDecider.of()
        #expect(decider.send(.create(ticketVersion: ticketVersion, userVersion: userVersion)).isDeferred)
        #expect(decider.isUnchanged)
    }

    @Test func commandsAreDeferredWhileACopyIsMissing() {
        var noListing = OrdersDecider.of(listing: nil)
        #expect(noListing.send(.create(ticketVersion: 0)).isDeferred && noListing.isUnchanged)
        var noBuyer = OrdersDecider.of(buyer: nil)
        #expect(noBuyer.send(.create(userVersion: 0)).isDeferred && noBuyer.isUnchanged)
    }

    @Test func ordersKeepTheDetailsOfTheirCreation() {
        var decider = OrdersDecider.of(listing: .sample(Fixture.listing(details: Fixture.show, version: 3)))
        #expect(decider.send(.create()).isDone && decider.orders[.n(50)]?.details == Fixture.show)
        #expect(decider.receive(.listing(Fixture.listing(version: 4))).isSilent)
        #expect(decider.listings[.n(1)]?.details == ShowDetails() && decider.orders[.n(50)]?.details == Fixture.show)
    }

    /// The listing is withdrawn because its show has started. The buyer learns only that the show has started.
    @Test func aClosedListingSaysThatItsShowHasStarted() throws {
        let listing = ListingCopy.sample(Fixture.listing(details: Fixture.show, withdrawn: true, version: 3))
        var decider = OrdersDecider.of(listing: listing)
        let decision = decider.send(.create(), at: try #require(Fixture.show.startsAt))
        #expect(decision.refusal?.code == .showStarted)
    }

    @Test(arguments: [(-1, true), (0, false), (1, false)] as [(Int64, Bool)])
    func salesEndWhenTheShowStarts(late: Int64, isSold: Bool) throws {
        var decider = OrdersDecider.of(listing: .sample(Fixture.listing(details: Fixture.show, version: 3)))
        let decision = decider.send(.create(), at: try #require(Fixture.show.startsAt) + .milliseconds(late))
        #expect(decision.isDone == isSold)
        if !isSold { #expect(decision.refusal?.code == .showStarted && decider.isUnchanged) }
    }

    @Test func newerCopiesAreAccepted() {
        var decider = OrdersDecider.of()
        #expect(decider.send(.create(ticketVersion: 1, userVersion: 1)).isDone)
    }

    @Test func copiesFromTheSameBatchAreUsed() {
        var decider = OrdersDecider.of(listing: nil, buyer: nil)
        #expect(decider.receive(.listing(Fixture.listing(version: 3))).isSilent)
        #expect(decider.receive(.user(UserState(id: .n(1), status: .active, role: .member, version: 3))).isSilent)
        #expect(decider.send(.create(3)).isDone)
        #expect(decider.insertedListings == [.n(1)] && decider.updatedListings.isEmpty)
        #expect(decider.listings[.n(1)]?.held == 3)
    }
}
