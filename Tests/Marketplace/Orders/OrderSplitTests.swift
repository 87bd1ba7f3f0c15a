import Testing

@testable import Marketplace

/// Orders of listings with a split rule.
@Suite struct OrderSplitTests {
    private static func listing(_ quantity: Int, _ rule: SplitRule, version: Int64 = 3) -> ListingState {
        Fixture.listing(quantity: quantity, splitRule: rule, version: version)
    }

    private static func decider(
        _ quantity: Int, _ rule: SplitRule, orders: [OrderState] = []
    ) -> OrdersDecider {
        .of(listing: .sample(listing(quantity, rule)), orders: orders)
    }

    @Test func aQuantityThatTheRuleForbidsIsRefusedWithThosePossible() throws {
        var decider = Self.decider(6, .pairs)
        let refusal = try #require(decider.send(.create(3)).refusal)
        #expect(refusal.code == .quantityNotOffered && refusal.field == "quantity" && refusal.splits == [2, 4, 6])
        #expect(refusal.message.contains("2, 4 or 6"))
        #expect(decider.isUnchanged)
        #expect(decider.send(.create(4)).isDone)
    }

    /// An order of three of four tickets would leave a single one, although the rule allows orders of three.
    @Test func nobodyIsLeftWithASingle() {
        var decider = Self.decider(4, .noSingle)
        #expect(decider.send(.create(3)).refusal?.splits == [2, 4])
        #expect(decider.send(.create(2)).isDone)
    }

    /// The orders of a batch are decided one after another, so each decision is based on the units that the earlier
    /// orders have left.
    @Test func eachOrderOfABatchSeesWhatIsLeft() {
        var decider = Self.decider(7, .noSingle)
        #expect(decider.send(.create(3), id: 50).isDone)
        #expect(decider.send(.create(3), id: 51).refusal?.splits == [2, 4])
        #expect(decider.send(.create(2, userVersion: 1), id: 52, by: .user(.n(2))).isDone)
        #expect(decider.send(.create(1), id: 53).refusal?.splits == [2])
        #expect(decider.send(.create(2), id: 54).isDone)
        #expect(decider.send(.create(2), id: 55).refusal?.code == .soldOut)
        #expect(decider.listings[.n(1)]?.held == 7)
    }

    @Test func releasedUnitsCanBeOrderedAgain() {
        let held = Fixture.order(7, quantity: 2)
        var decider = Self.decider(4, .allTogether, orders: [held])
        #expect(decider.send(.create(2)).refusal?.splits == [])
        #expect(decider.send(.cancelOrder(CancelOrder(orderId: held.id))).isDone)
        #expect(decider.send(.create(2), id: 51).refusal?.splits == [4])
        #expect(decider.send(.create(4), id: 52).isDone)
    }

    @Test func soldOutTakesPrecedenceOverTheSplitRule() {
        var decider = Self.decider(4, .pairs)
        #expect(decider.send(.create(6)).refusal?.code == .soldOut)
    }

    @Test func theCopyFollowsTheListing() {
        var decider = Self.decider(4, .pairs)
        #expect(decider.listings[.n(1)]?.splitSet == SplitRule.pairs.quantities(of: 4))
        #expect(decider.receive(.listing(Self.listing(6, .allTogether, version: 4))).isDone)
        #expect(decider.listings[.n(1)]?.splitSet?.quantities == [6])
        #expect(decider.send(.create(1)).refusal?.splits == [6])
        #expect(decider.receive(.listing(Fixture.listing(quantity: 6, version: 5))).isDone)
        #expect(decider.listings[.n(1)]?.splitSet == nil && decider.send(.create(1)).isDone)
    }

    @Test func aCopyIsComparedWithItsRule() throws {
        let state = Self.listing(4, .pairs)
        var copy = ListingCopy(state)
        #expect(copy.isCopy(of: state))
        copy.splitSet = nil
        #expect(!copy.isCopy(of: state))
        var closed = ListingCopy(state)
        closed.apply(closed.closingState(at: Fixture.now))
        #expect(closed.splitSet == ListingCopy(state).splitSet && closed.withdrawn)
    }

    /// After random orders, cancellations and payments, all remaining units of a listing can still be sold.
    @Test(
        arguments: [.pairs, .noSingle, .custom(QuantitySet([2, 4, 5])), .custom(QuantitySet([3, 5]))] as [SplitRule])
    func whatIsLeftCanAlwaysBeSold(rule: SplitRule) throws {
        var random = SeededGenerator(seed: 1)
        let units = 20
        let sums = QuantitySetTests.sums(of: rule.quantities(of: units), upTo: units)
        var store = InMemoryOrders()
        let users = [UserState(id: .n(1), status: .active, role: .member, version: 1)]
        var messages: [Message<OrdersCommand, OrdersEvent>] = users.map { .event(Fixture.eventHead(), .user($0)) }
        messages.append(.event(Fixture.eventHead(), .listing(Self.listing(units, rule, version: 1))))
        _ = try store.run(messages, now: Fixture.now)
        var sold = 0
        for step in 1...400 as ClosedRange<UInt64> {
            let open = store.orders.values.filter { $0.status == .awaitingPayment }.map(\.id).sorted()
            let batch: [Message<OrdersCommand, OrdersEvent>] = (0..<3 as Range<UInt64>).map { index in
                let head = Fixture.head(step * 10 + index, by: .user(.n(1)))
                if random.chance(50), let order = random.pick(open) {
                    return .command(head, .cancelOrder(CancelOrder(orderId: order)))
                }
                let quantity = Int.random(in: 1...7, using: &random)
                return .command(head, .create(quantity, ticketVersion: 1, userVersion: 1))
            }
            sold += try store.run(batch, now: Fixture.now).count { $0.events.contains { $0.type == .orderCreated } }
            let left = try #require(store.listings[.n(1)]).left
            try #require(sums[left], "step \(step): \(left) are left")
        }
        #expect(sold > 50)
    }
}
