import Testing

@testable import Marketplace

/// The limits on the holds of one buyer.
@Suite struct HoldLimitsTests {
    private func decider(
        _ limits: HoldLimits, orders: [OrderState] = [], holds: BuyerHolds = BuyerHolds()
    ) -> OrdersDecider {
        var listing = ListingCopy.sample(Fixture.listing(quantity: 1000, version: 3))
        listing.held = orders.map(\.quantity).reduce(0, +)
        return OrdersDecider(
            users: [
                UserCopy(id: .n(1), status: .active, version: 3), UserCopy(id: .n(2), status: .active, version: 3),
            ],
            listings: [listing], orders: orders, allocations: [], free: [:], holds: [.n(1): holds],
            rules: OrdersRules(limits: limits))
    }

    @Test func theDefaultsAreFiveHoldsOf20UnitsAndThreeLapses() {
        let limits = HoldLimits()
        #expect(limits.openHolds == 5 && limits.unitsOfListing == 20 && limits.lapses == 3)
        #expect(limits.lapsePeriod == .seconds(3600))
    }

    @Test func openHoldsOfABuyerAreLimited() throws {
        var decider = decider(HoldLimits(openHolds: 3), holds: BuyerHolds(open: 1))
        #expect(decider.send(.create(), id: 50).isDone && decider.send(.create(), id: 51).isDone)
        let refusal = try #require(decider.send(.create(), id: 52).refusal)
        #expect(refusal.code == .tooManyHolds && refusal.message.contains("You have 3 unpaid orders"))
        #expect(decider.insertedOrders.count == 2)
        // Another buyer has separate limits.
        #expect(decider.send(.create(), id: 53, by: .user(.n(2))).isDone)
    }

    @Test func ordersThatAreCancelledOrPaidMakeRoomForOthers() {
        let orders = [Fixture.order(7, quantity: 1), Fixture.order(8, quantity: 1), Fixture.order(9, quantity: 1)]
        var decider = decider(HoldLimits(openHolds: 3), orders: orders, holds: BuyerHolds(open: 3))
        #expect(decider.send(.create(), id: 50).refusal?.code == .tooManyHolds)
        #expect(decider.send(.cancelOrder(CancelOrder(orderId: .n(7)))).isDone)
        #expect(decider.send(.create(), id: 51).isDone)
        #expect(decider.receive(.payment(.of(.authorized, orders[1]))).events.count == 1)
        #expect(decider.send(.create(), id: 52).isDone)
        // The capture changes a hold that no longer counts.
        #expect(decider.receive(.payment(.of(.charged, orders[1]))).events.count == 1)
        #expect(decider.send(.create(), id: 53).refusal?.code == .tooManyHolds)
    }

    @Test func unitsOfOneListingForABuyerAreLimited() throws {
        var decider = decider(HoldLimits(), holds: BuyerHolds(units: [.n(1): 12]))
        let refusal = try #require(decider.send(.create(9), id: 50).refusal)
        #expect(refusal.code == .tooManyUnits && refusal.field == "quantity")
        #expect(refusal.message == "You can have at most 20 tickets of one listing, and you have 12 already.")
        #expect(decider.send(.create(8), id: 51).isDone)
        #expect(decider.send(.create(1), id: 52).refusal?.code == .tooManyUnits)
        #expect(decider.send(.create(21), id: 53, by: .user(.n(2))).refusal?.code == .tooManyUnits)
    }

    @Test func refundedAndCancelledUnitsDoNotCount() {
        let paid = Fixture.order(7, quantity: 4, status: .complete, attempt: 1, version: 3)
        let held = Fixture.order(8, quantity: 4)
        var decider = decider(
            HoldLimits(unitsOfListing: 8), orders: [paid, held], holds: BuyerHolds(open: 1, units: [.n(1): 8]))
        #expect(decider.send(.create(), id: 50).refusal?.code == .tooManyUnits)
        #expect(decider.receive(.payment(.of(.refunded, paid))).events.count == 1)
        #expect(decider.send(.create(4), id: 51).isDone)
        #expect(decider.send(.cancelOrder(CancelOrder(orderId: .n(8)))).isDone)
        #expect(decider.send(.create(4), id: 52).isDone)
        #expect(decider.send(.create(1), id: 53).refusal?.code == .tooManyUnits)
    }

    /// Lapses at 0, 20 and 40 minutes: the next hold is possible an hour after the last of them.
    @Test func threeLapsesWithinAnHourStopNewHoldsForAnHour() throws {
        let lapses = [0, 20, 40].map { Fixture.now + .seconds($0 * 60) }
        var decider = decider(HoldLimits(), holds: BuyerHolds(lapses: lapses))
        let refusal = try #require(decider.send(.create(), id: 50, at: Fixture.now + .seconds(50 * 60)).refusal)
        #expect(refusal.code == .holdsLapsed && refusal.retryAt == Fixture.now + .seconds(100 * 60))
        #expect(refusal.message.contains("You can order again at 2026-08-01T13:40:00.000Z."))
        #expect(decider.send(.create(), id: 51, at: Fixture.now + .seconds(100 * 60 - 1)).refusal != nil)
        #expect(decider.send(.create(), id: 52, at: Fixture.now + .seconds(100 * 60)).isDone)
    }

    @Test func fewerLapsesOrLapsesOfSeveralHoursStopNothing() {
        for minutes in [[0, 20], [0, 20, 61]] {
            let lapses = minutes.map { Fixture.now + .seconds(Int64($0) * 60) }
            var decider = decider(HoldLimits(), holds: BuyerHolds(lapses: lapses))
            #expect(decider.send(.create(), at: Fixture.now + .seconds(62 * 60)).isDone)
        }
    }

    /// A late cancellation counts as a lapse: otherwise, a buyer could keep the tickets from others by cancelling just
    /// before each hold ends and ordering again.
    @Test func aHoldThatIsCancelledLateIsALapse() {
        for (seconds, isLapse) in [(59, false), (60, true), (840, true)] {
            let order = Fixture.order(1, quantity: 1)
            var decider = decider(HoldLimits(), orders: [order])
            let late = order.createdAt + .seconds(seconds)
            #expect(decider.send(.cancelOrder(CancelOrder(orderId: .n(1))), at: late).isDone)
            #expect(decider.buyersWithLapses == [.n(1)])
            #expect(decider.holds[.n(1)]?.lapses == (isLapse ? [late] : []))
            #expect(decider.holds[.n(1)]?.freeCancellation == (isLapse ? nil : late))
        }
    }

    /// Only one early cancellation in each period is free: otherwise, a buyer could keep the tickets from others by
    /// cancelling each order within a minute and ordering again.
    @Test func oneEarlyCancellationInEachPeriodIsFree() {
        let orders = (1...6).map { Fixture.order($0, quantity: 1) }
        var decider = decider(HoldLimits(), orders: orders)
        for order in orders[..<4] {
            #expect(decider.send(.cancelOrder(CancelOrder(orderId: order.id))).isDone)
        }
        #expect(decider.holds[.n(1)]?.lapses.count == 3)
        #expect(decider.send(.create(), id: 50).refusal?.code == .holdsLapsed)

        let cancelled = orders[0].createdAt
        for (minutes, isLapse) in [(59, true), (60, false)] {
            let holds = BuyerHolds(freeCancellation: cancelled - .seconds(minutes * 60))
            var decider = self.decider(HoldLimits(), orders: [orders[4]], holds: holds)
            #expect(decider.send(.cancelOrder(CancelOrder(orderId: orders[4].id))).isDone)
            #expect(decider.holds[.n(1)]?.lapses.isEmpty == !isLapse)
        }
    }

    @Test func onlyTheLastLapsesAreKept() throws {
        let orders = (1...4).map { Fixture.order($0, quantity: 1) }
        let late = orders[0].expiresAt
        var decider = decider(HoldLimits(), orders: orders, holds: BuyerHolds(lapses: [Fixture.now]))
        #expect(decider.send(.cancelOrder(CancelOrder(orderId: .n(1)))).isDone)
        #expect(decider.holds[.n(1)]?.lapses == [Fixture.now])
        for order in orders[1...] {
            let expiry = PreviousBuildExpiry(orderId: order.id, expiresAt: late)
            #expect(decider.receive(.expired(expiry), at: late).events.count == 1)
        }
        #expect(decider.buyersWithLapses == [.n(1)])
        // Only as many lapses are kept as the limit needs.
        #expect(decider.holds[.n(1)]?.lapses == [late, late, late])
        #expect(decider.send(.create(), at: late).refusal?.code == .holdsLapsed)
    }
}
