import Testing

@testable import Marketplace

/// What the tickets service does with what others tell.
@Suite struct TicketsHearTests {
    private func user(_ status: UserState.Status, version: Int64) -> TicketsEvent {
        .user(UserState(id: .n(90), status: status, role: .member, version: version))
    }

    // MARK: Users

    @Test func aUserHeardOfFirstIsCopied() {
        var desk = TicketsDesk.of(seller: nil)
        #expect(desk.tell(user(.active, version: 1)).isSilent)
        #expect(desk.users[.n(90)] == UserCopy(id: .n(90), status: .active, version: 1))
        #expect(desk.changedUsers == [.n(90)])
    }

    @Test(arguments: [1, 2, 3] as [Int64]) func aCopyChangesOnlyForALargerVersion(version: Int64) {
        var desk = TicketsDesk.of(.sample())
        #expect(desk.tell(user(.banned, version: version)).isSilent)
        #expect(desk.users[.n(90)]?.status == .active && desk.isUnchanged)
    }

    @Test func aBanWithdrawsWhatTheSellerHasOnSaleAndNothingElse() throws {
        var desk = TicketsDesk.of(
            .sample(Sample.ticket(2)), .sample(Sample.ticket(1, version: 7), held: 2, sold: 1),
            .sample(Sample.ticket(3, withdrawn: true)), .sample(Sample.ticket(4, seller: 91)))
        let decision = desk.tell(user(.banned, version: 4), at: Sample.now + .seconds(1))
        #expect(decision.events.map(\.type) == [.ticketUpdated, .ticketUpdated])
        #expect(decision.events.map(\.subject) == [TicketID.n(1).description, TicketID.n(2).description])
        #expect(decision.events.map(\.version) == [8, 2])
        #expect(desk.changedListings == [.n(1), .n(2)])
        let listing = try #require(desk.listings[.n(1)])
        #expect(listing.state.withdrawn && listing.held == 2 && listing.sold == 1)
        #expect(listing.state.updatedAt == Sample.now + .seconds(1))
        #expect(desk.listings[.n(4)]?.state.withdrawn == false)
    }

    @Test func liftingABanPutsNothingBackOnSale() {
        var desk = TicketsDesk.of(.sample(Sample.ticket(withdrawn: true)), seller: .banned)
        #expect(desk.tell(user(.active, version: 4)).isSilent)
        #expect(desk.listings[.n(1)]?.state.withdrawn == true && desk.changedListings.isEmpty)
        #expect(desk.changedUsers == [.n(90)])
    }

    @Test func whatWasListedEarlierInTheBatchIsWithdrawnToo() {
        var desk = TicketsDesk.of()
        let create = CreateTicket(title: "Row 7", price: 1, currency: .usd, quantity: 1, userVersion: 3)
        #expect(desk.ask(.createTicket(create)).isDone)
        #expect(desk.tell(user(.banned, version: 4)).events.map(\.version) == [2])
        #expect(desk.listings[.n(50)]?.state.withdrawn == true)
    }

    // MARK: Orders

    /// How many units an order of two is counted as.
    private static let counts: [(OrderState.Status, held: Int, sold: Int)] = [
        (.awaitingPayment, 2, 0), (.confirmed, 2, 0), (.complete, 0, 2), (.refunded, 0, 2), (.cancelled, 0, 0),
    ]

    @Test(arguments: counts) func anOrderHeardOfFirstIsCountedAsWhatItIs(
        status: OrderState.Status, held: Int, sold: Int
    ) throws {
        var desk = TicketsDesk.of(.sample())
        #expect(desk.tell(.order(Sample.order(status: status, version: 3))).isSilent)
        let listing = try #require(desk.listings[.n(1)])
        #expect(listing.held == held && listing.sold == sold)
        #expect(listing.state == Sample.ticket())
        #expect(desk.changedOrders == [.n(1)])
        #expect(desk.changedListings == (held + sold > 0 ? [.n(1)] : []))
    }

    @Test func countsChangeByNewMinusOldOnceForEachVersion() throws {
        for old in Self.counts {
            for new in Self.counts {
                let known = CountedOrder(Sample.order(status: old.0, version: 2))
                var desk = TicketsDesk.of(.sample(held: 5 + old.held, sold: 7 + old.sold), orders: [known])
                for _ in 1...2 { #expect(desk.tell(.order(Sample.order(status: new.0, version: 3))).isSilent) }
                let listing = try #require(desk.listings[.n(1)])
                #expect(listing.held == 5 + new.held && listing.sold == 7 + new.sold)
                #expect(desk.orders[.n(1)]?.version == 3 && desk.orders[.n(1)]?.status == new.0)
            }
        }
    }

    @Test(arguments: [1, 2, 3] as [Int64]) func anOlderVersionOrARepeatCountsNothing(version: Int64) {
        let known = CountedOrder(Sample.order(status: .cancelled, version: 3))
        var desk = TicketsDesk.of(.sample(), orders: [known])
        #expect(desk.tell(.order(Sample.order(status: .awaitingPayment, version: version))).isSilent)
        #expect(desk.isUnchanged && desk.listings[.n(1)] == .sample())
    }

    @Test(arguments: [Int.min, -1, 101, .max]) func aQuantityWrittenByHandOverflowsNothing(quantity: Int) throws {
        var desk = TicketsDesk.of(.sample(held: 1))
        for id in 1...3 as ClosedRange<UInt64> {
            var order = Sample.order(id)
            order.quantity = quantity
            #expect(desk.tell(.order(order)).isSilent)
        }
        #expect(try #require(desk.listings[.n(1)]).held == (quantity < 0 ? 1 : 301))
    }

    @Test func anOrderOfATicketNobodyListedIsRememberedAlone() {
        var desk = TicketsDesk.of()
        #expect(desk.tell(.order(Sample.order())).isSilent)
        #expect(desk.changedOrders == [.n(1)] && desk.changedListings.isEmpty)
    }

    // MARK: What is shown

    @Test(
        arguments: [
            (3, false, 0, 0, 3), (3, false, 1, 1, 1), (3, false, 1, 2, 0), (3, false, 5, 2, 0), (3, true, 0, 0, 0),
        ] as [(Int, Bool, Int, Int, Int)])
    func availableIsWhatIsNeitherTakenNorWithdrawn(
        quantity: Int, withdrawn: Bool, held: Int, sold: Int, available: Int
    ) {
        let listing = Listing.sample(
            Sample.ticket(quantity: quantity, withdrawn: withdrawn), held: held, sold: sold)
        #expect(listing.representation.available == available)
    }
}
