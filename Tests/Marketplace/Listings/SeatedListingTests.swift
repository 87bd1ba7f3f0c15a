import Testing

@testable import Marketplace

/// Listings with seats, and the claims that keep two listings from offering the same seat.
@Suite struct SeatedListingTests {
    private func decider(_ rows: [ListedSeat] = [], listings: [Listing] = []) -> ListingsDecider {
        let users = [90, 91, 92].map { UserCopy(id: .n($0), status: .active, version: 3) }
        let loaded = Set(listings.map(\.state.id))
        return ListingsDecider(
            users: users, listings: listings, orders: [],
            performances: [PerformanceCopy(Fixture.performance(1).state)],
            seats: SeatClaims(
                seats: rows.filter { loaded.contains($0.ticketId) },
                claims: rows.filter { !loaded.contains($0.ticketId) && $0.claimed }))
    }

    private func create(
        _ seats: [String], quantity: Int? = nil, section: String? = "B", row: String? = "7", performance: UInt64? = 1
    ) -> ListingsCommand {
        .createListing(
            CreateListing(
                title: "Row 7", price: 2500, currency: .usd, quantity: quantity ?? seats.count, seats: seats,
                performanceId: performance.map { .n($0) }, details: ShowDetails(section: section, row: row),
                userVersion: 3))
    }

    private func row(
        _ name: String, listing: UInt64, seller: UInt64 = 90, sale: Int = 1, claimed: Bool = true, order: UInt64? = nil,
        holder: UInt64? = nil, isRefunded: Bool = false, isScam: Bool = false
    ) -> ListedSeat {
        ListedSeat(
            ticketId: .n(listing), sellerId: .n(seller), unit: 1, performanceId: .n(1),
            key: SeatKey(section: "b", row: "7", name: name), name: name, sale: sale, claimed: claimed,
            orders: Set(order.map { [.n($0)] } ?? []), holder: holder.map { .n($0) }, isRefunded: isRefunded,
            isScam: isScam)
    }

    /// A stored listing of one seat, by seller 90.
    private func listing(_ id: UInt64, _ name: String = "12", withdrawn: Bool = false) -> Listing {
        var state = Fixture.listing(
            id, quantity: 1, details: ShowDetails(section: "B", row: "7"), withdrawn: withdrawn)
        state.seats = [Seat(name: name, sale: 1)]
        state.take(PerformanceCopy(Fixture.performance(1).state))
        return Listing(state: state, held: 0, sold: 0, performanceVersion: 1, free: 1)
    }

    private func order(_ status: OrderState.Status, id: UInt64 = 7, listing: UInt64 = 1, version: Int64 = 1)
        -> CountedOrder
    {
        CountedOrder(
            orderId: .n(id), ticketId: .n(listing), quantity: 1, status: status, version: version, units: [1],
            userId: .n(91))
    }

    @Test func theSeatsAreListedOnce() throws {
        var decider = decider()
        let made = try #require(decider.send(create(["11", "12"])).reply(as: ListingRepresentation.self))
        #expect(made.seats == ["11", "12"] && made.availableSeats == ["11", "12"] && made.splits == [1, 2])
        #expect(decider.seats.inserted.map(\.claimed) == [true, true])
        let refusal = try #require(
            decider.decide(.command(Fixture.head(51, by: .user(.n(91))), createCommand(["012"])), now: Fixture.now)
                .refusal)
        #expect(refusal.code == .seatTaken && refusal.message == "Seat 012 is already listed.")
        #expect(refusal.field == "seats")
    }

    private func createCommand(_ seats: [String]) -> ListingsCommand { create(seats) }

    @Test func aListingWithSeatsNeedsAPlace() {
        for (command, field) in [
            (create(["1"], performance: nil), "performanceId"), (create(["1"], section: nil), "section"),
            (create(["1"], row: nil), "row"), (create(["1"], quantity: 2), "quantity"), (create(["1 2"]), "seats"),
        ] {
            var decider = decider()
            #expect(decider.send(command).refusal?.field == field)
            #expect(decider.isUnchanged)
        }
        var decider = decider()
        #expect(decider.send(create(["1", "4"])).refusal?.code == .seatsNotTogether)
    }

    @Test func onlyTheBuyerListsASoldSeatAgain() throws {
        let sold = row("12", listing: 1, order: 7, holder: 90)
        var buyer = decider([sold])
        #expect(buyer.send(create(["12", "13"])).isDone)
        #expect(buyer.listings[.n(50)]?.state.seats == [Seat(name: "12", sale: 2), Seat(name: "13", sale: 1)])
        var stranger = decider([sold])
        let refusal = try #require(stranger.send(create(["12"]), by: .user(.n(92))).refusal)
        #expect(refusal.code == .seatNotYours)
        #expect(refusal.message == "Seat 12 was sold here. Only the buyer can list it.")
        var unpaid = decider([row("12", listing: 1, order: 7)])
        #expect(unpaid.send(create(["12"])).refusal?.code == .seatTaken)
    }

    @Test func anyoneListsASeatWhoseSaleIsVoid() {
        for void in [
            row("12", listing: 1, order: 7, isRefunded: true),
            row("12", listing: 1, order: 7, holder: 91, isScam: true),
        ] {
            var stranger = decider([void])
            #expect(stranger.send(create(["12"]), by: .user(.n(92))).isDone)
            #expect(stranger.listings[.n(50)]?.state.seats == [Seat(name: "12", sale: 2)])
        }
        // The order may still be completed.
        var unpaid = decider([row("12", listing: 1, order: 7, isScam: true)])
        #expect(unpaid.send(create(["12"]), by: .user(.n(92))).refusal?.code == .seatTaken)
        // The sale before the last one does not count.
        var resold = decider([
            row("12", listing: 1, order: 7, isRefunded: true),
            row("12", listing: 2, seller: 91, sale: 2, order: 8, holder: 92),
        ])
        #expect(resold.send(create(["12"]), by: .user(.n(90))).refusal?.code == .seatNotYours)
    }

    @Test func aRefundMakesTheSaleVoid() {
        var decider = decider([row("12", listing: 1, order: 7, holder: 91)], listings: [listing(1, withdrawn: true)])
        _ = decider.decide(.event(Fixture.eventHead(), .order(order(.refunded))), now: Fixture.now)
        #expect(decider.send(create(["12"]), by: .user(.n(92))).isDone)
        #expect(decider.listings[.n(50)]?.state.seats == [Seat(name: "12", sale: 2)])
    }

    @Test func aTakeDownAsAScamMakesTheSalesVoid() throws {
        var decider = decider([row("12", listing: 1, order: 7, holder: 91)], listings: [listing(1)])
        let putBack = ListingsCommand.putBackListing(PutBackListing(ticketId: .n(1), sellerId: .n(90)))
        for (reason, id) in [(TakeDown.Reason.other, UInt64(50)), (.scam, 51)] {
            let takeDown = TakeDownListing(ticketId: .n(1), reason: reason)
            #expect(decider.send(.takeDownListing(takeDown), by: .operator).isDone)
            let head = Fixture.head(id, by: .user(.n(92)))
            let outcome = decider.decide(.command(head, create(["12"])), now: Fixture.now)
            #expect(outcome.refusal?.code == (reason == .scam ? nil : .seatNotYours))
            if reason == .other { #expect(decider.send(putBack, by: .operator).isDone) }
        }
        let refusal = try #require(decider.send(putBack, by: .operator).refusal)
        #expect(refusal.code == .conflict && refusal.message.hasPrefix("Seat 12 was listed again by somebody else"))
        #expect(decider.listings[.n(1)]?.state.takenDown != nil)
    }

    /// Somebody listed the seat while the sale was void, and took it off sale before the scam was put back.
    @Test func aSeatDoesNotGoBackOnSaleAfterAScamWasPutBack() {
        var again = listing(2, withdrawn: true)
        again.state.sellerId = .n(92)
        again.state.seats = [Seat(name: "12", sale: 2)]
        let resume = ListingsCommand.changeListing(ChangeListing(ticketId: .n(2), withdrawn: false, userVersion: 3))
        for isScam in [true, false] {
            var decider = decider(
                [
                    row("12", listing: 1, order: 7, holder: 91, isScam: isScam),
                    row("12", listing: 2, seller: 92, sale: 2, claimed: false),
                ], listings: [again])
            #expect(decider.send(resume, by: .user(.n(92))).refusal?.code == (isScam ? nil : .seatTaken))
        }
    }

    /// The buyer had listed the seat again before the listing was taken down.
    @Test func aListingIsPutBackIfOnlyTheBuyerHasListedItsSeats() {
        var scam = listing(1, withdrawn: true)
        scam.state.takenDown = TakeDown(reason: .scam, note: nil, wasOnSale: false)
        var decider = decider(
            [
                row("12", listing: 1, order: 7, holder: 91, isScam: true),
                row("12", listing: 2, seller: 91, sale: 2, order: 8, holder: 92),
            ], listings: [scam])
        #expect(decider.send(.putBackListing(PutBackListing(ticketId: .n(1), sellerId: .n(90))), by: .operator).isDone)
        #expect(decider.send(create(["12"]), by: .user(.n(90))).refusal?.code == .seatNotYours)
    }

    @Test func seatsStayAsTheyAre() {
        for change in [
            ChangeListing(ticketId: .n(1), quantity: 2, userVersion: 3),
            ChangeListing(ticketId: .n(1), details: ShowDetails(section: "C"), userVersion: 3),
            ChangeListing(ticketId: .n(1), details: ShowDetails(row: ""), userVersion: 3),
        ] {
            var decider = decider([row("12", listing: 1)], listings: [listing(1)])
            #expect(decider.send(.changeListing(change)).refusal?.code == .conflict)
        }
        var decider = decider([row("12", listing: 1)], listings: [listing(1)])
        #expect(decider.send(.changeListing(ChangeListing(ticketId: .n(1), price: 3000, userVersion: 3))).isDone)
    }

    @Test func aWithdrawnListingGivesItsSeatsBackAndMayFindThemTaken() throws {
        let rows = [row("12", listing: 1, claimed: false), row("12", listing: 2)]
        var decider = decider(rows, listings: [listing(1, withdrawn: true), listing(2)])
        let back = ListingsCommand.changeListing(ChangeListing(ticketId: .n(1), withdrawn: false, userVersion: 3))
        #expect(decider.send(back).refusal?.code == .seatTaken)
        #expect(
            decider.send(.changeListing(ChangeListing(ticketId: .n(2), withdrawn: true, userVersion: 3))).isDone)
        #expect(decider.send(back).isDone)
        #expect(decider.seats.updated.map(\.claimed) == [true, false])
    }

    /// A hold keeps the seat of a withdrawn listing claimed until the hold ends.
    @Test func aHeldSeatStaysClaimedAfterTheWithdrawal() {
        var decider = decider([row("12", listing: 1)], listings: [listing(1)])
        #expect(decider.receive(.order(order(.awaitingPayment))).isDone)
        #expect(
            decider.send(.changeListing(ChangeListing(ticketId: .n(1), withdrawn: true, userVersion: 3))).isDone)
        #expect(decider.listings[.n(1)]?.free == 0)
        #expect(
            decider.decide(.command(Fixture.head(51, by: .user(.n(92))), create(["12"])), now: Fixture.now)
                .refusal?.code == .seatTaken)
        #expect(decider.receive(.order(order(.cancelled, version: 2))).isDone)
        #expect(decider.listings[.n(1)]?.free == 1)
        #expect(decider.decide(.command(Fixture.head(52, by: .user(.n(92))), create(["12"])), now: Fixture.now).isDone)
    }

    /// A unit has one order after another, but the events of the two orders may come in any order.
    @Test func eventsOfTwoOrdersMayComeInAnyOrder() {
        var decider = decider([row("12", listing: 1)], listings: [listing(1)])
        for event in [
            order(.awaitingPayment, id: 8), order(.awaitingPayment, id: 7), order(.cancelled, id: 7, version: 2),
        ] {
            #expect(decider.receive(.order(event)).isDone)
        }
        #expect(decider.listings[.n(1)]?.free == 0 && decider.seats.updated.first?.orders == [.n(8)])
    }

    @Test func aPaidOrderTakesTheSeatFromAListingThatWasMadeMeanwhile() throws {
        let rows = [row("12", listing: 1, claimed: false), row("12", listing: 2)]
        var decider = decider(rows, listings: [listing(1, withdrawn: true), listing(2)])
        #expect(decider.receive(.order(order(.awaitingPayment))).events.isEmpty)
        #expect(decider.listings[.n(2)]?.state.withdrawn == false)
        let decision = decider.receive(.order(order(.confirmed, version: 2)))
        #expect(decision.events.map(\.subject) == ["\(ListingID.n(2))"])
        #expect(decider.listings[.n(2)]?.state.suspended == Suspension(reason: .seatsTaken, wasOnSale: true))
        #expect(decider.seats.updated.map(\.claimed) == [true, false])
        let back = ListingsCommand.changeListing(ChangeListing(ticketId: .n(2), withdrawn: false, userVersion: 3))
        #expect(decider.send(back).refusal?.code == .seatTaken)
    }

    /// The conflict has ended, so the seller may put the listing back on sale.
    @Test func aListingWhoseSeatsWereTakenMayComeBack() {
        var suspended = listing(1, withdrawn: true)
        suspended.state.suspended = Suspension(reason: .seatsTaken, wasOnSale: true)
        var decider = decider([row("12", listing: 1, claimed: false)], listings: [suspended])
        #expect(
            decider.send(.changeListing(ChangeListing(ticketId: .n(1), withdrawn: false, userVersion: 3))).isDone)
        #expect(decider.listings[.n(1)]?.state.suspended == nil)
        #expect(decider.seats.updated.map(\.claimed) == [true])
    }

    @Test func aListingThatIsPutBackFindsItsSeatsTaken() {
        var takenDown = listing(1, withdrawn: true)
        takenDown.state.takenDown = TakeDown(reason: .other, note: nil, wasOnSale: true)
        var decider = decider(
            [row("12", listing: 1, claimed: false), row("12", listing: 2)], listings: [takenDown])
        let back = PutBackListing(ticketId: .n(1), sellerId: .n(90))
        #expect(decider.send(.putBackListing(back), by: .operator).isDone)
        #expect(decider.listings[.n(1)]?.state.withdrawn == true)
        #expect(decider.listings[.n(1)]?.state.suspended?.reason == .seatsTaken)
        #expect(decider.seats.updated.isEmpty)
    }

    @Test func theSplitRuleIsAboutRuns() {
        var state = listing(1).state
        state.seats = (1...4).map { Seat(name: "\($0)", sale: 1) }
        state.quantity = 4
        let rows = (1...4).map { unit in
            var seat = row("\(unit)", listing: 1, order: unit == 2 || unit == 4 ? 7 : nil)
            seat.unit = unit
            return seat
        }
        let stored = Listing(state: state, held: 2, sold: 0, performanceVersion: 1, free: 0b0101)
        #expect(stored.representation.splits == [1] && stored.representation.availableSeats == ["1", "3"])
        var decider = decider(rows, listings: [stored])
        let pairs = ChangeListing(ticketId: .n(1), splitRule: .pairs, userVersion: 3)
        #expect(decider.send(.changeListing(pairs)).refusal?.code == .splitBusy)
    }
}
