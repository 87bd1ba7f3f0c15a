import Testing

@testable import Marketplace

/// Split rules of new and changed listings.
@Suite struct ListingSplitTests {
    private static func create(_ quantity: Int, _ rule: SplitRule?, price: Int64 = 2500) -> ListingsCommand {
        .createListing(
            CreateListing(
                title: "Row 7", price: price, currency: .usd, quantity: quantity, splitRule: rule, userVersion: 3))
    }

    private static func change(
        _ quantity: Int? = nil, _ rule: SplitRule? = nil, price: Int64? = nil
    ) -> ListingsCommand {
        .changeListing(
            ChangeListing(ticketId: .n(1), price: price, quantity: quantity, splitRule: rule, userVersion: 3))
    }

    /// A decider with a listing that has this number of units and this rule.
    private static func decider(_ quantity: Int, _ rule: SplitRule?, held: Int = 0, sold: Int = 0) -> ListingsDecider {
        .of(.sample(Fixture.listing(quantity: quantity, splitRule: rule, version: 3), held: held, sold: sold))
    }

    @Test(
        arguments: [
            (4, .pairs, [2, 4]), (4, .noSingle, [2, 4]), (5, .noSingle, [2, 3, 5]), (4, .allTogether, [4]),
            (64, .allTogether, [64]), (5, .custom(QuantitySet([2, 3])), [2, 3]),
        ] as [(Int, SplitRule, [Int])])
    func aListingTellsItsRuleAndWhatCanBeOrdered(quantity: Int, rule: SplitRule, splits: [Int]) throws {
        var decider = ListingsDecider.of()
        let decision = decider.send(Self.create(quantity, rule))
        let representation = try #require(decision.reply(as: ListingRepresentation.self))
        #expect(representation.splitRule == rule && representation.splits == splits)
        #expect(decider.listings[.n(50)]?.state.splitRule == rule)
        #expect(decision.events.count == 1)
    }

    /// Otherwise nobody could buy the listing.
    @Test func theSmallestOrderIsNotMoreThanABuyerMayHave() throws {
        for (quantity, rule, isRefused) in [
            (20, SplitRule.allTogether, false), (21, .allTogether, true), (64, .noSingle, false),
        ] {
            var decider = ListingsDecider(
                users: [UserCopy(id: .n(90), status: .active, version: 3)], listings: [], orders: [], unitsPerBuyer: 20)
            let refusal = decider.send(Self.create(quantity, rule)).refusal
            #expect(refusal?.code == (isRefused ? .lotDoesNotSplit : nil))
        }
    }

    @Test func withoutARuleNoSplitsAreShown() throws {
        for rule in [nil, SplitRule.any] {
            var decider = ListingsDecider.of()
            let representation = try #require(
                decider.send(Self.create(4, rule)).reply(as: ListingRepresentation.self))
            #expect(representation.splitRule == nil && representation.splits == nil)
            #expect(decider.listings[.n(50)]?.state.splitRule == nil)
        }
    }

    @Test(
        arguments: [
            (3, .pairs), (1, .pairs), (1, .noSingle), (65, .allTogether), (7, .custom(QuantitySet([3, 5]))),
            (3, .custom(QuantitySet([4]))),
        ] as [(Int, SplitRule)])
    func aListingThatCannotBeSoldCompletelyIsRefused(quantity: Int, rule: SplitRule) throws {
        var decider = ListingsDecider.of()
        let refusal = try #require(decider.send(Self.create(quantity, rule)).refusal)
        #expect(refusal.code == .lotDoesNotSplit && refusal.field == "splitRule")
        #expect(decider.isUnchanged)
    }

    @Test func quantitiesThatCannotBePaidDoNotCountAsSellable() throws {
        let half = Currency.usd.facts.maximum / 2
        var decider = ListingsDecider.of()
        #expect(decider.send(Self.create(4, .allTogether, price: half)).refusal?.code == .lotDoesNotSplit)
        #expect(decider.isUnchanged)
        #expect(decider.send(Self.create(4, .pairs, price: half)).isDone)
        var changed = Self.decider(4, .allTogether)
        #expect(changed.send(Self.change(price: half)).refusal?.code == .lotDoesNotSplit)
    }

    @Test func aRuleCanBeSetChangedAndRemoved() {
        var decider = Self.decider(4, nil)
        #expect(decider.send(Self.change(nil, .pairs)).isDone)
        #expect(decider.listings[.n(1)]?.state.splitRule == .pairs)
        #expect(decider.send(Self.change(nil, .allTogether)).isDone)
        #expect(decider.send(Self.change(price: 3000)).isDone)
        #expect(decider.listings[.n(1)]?.state.splitRule == .allTogether)
        #expect(decider.send(Self.change(nil, .any)).isDone)
        #expect(decider.listings[.n(1)]?.state.splitRule == nil)
    }

    /// Under the new rule and quantity, it must be possible to sell the tickets that are left and those that may come
    /// back.
    @Test(
        arguments: [
            // Two of six are sold or held in pairs.
            (6, .pairs, 0, 2, 8, nil, nil), (6, .pairs, 0, 2, 7, nil, .splitBusy), (6, .pairs, 2, 0, 4, nil, nil),
            (6, .pairs, 0, 2, nil, .custom(QuantitySet([4])), nil),
            (6, .pairs, 2, 0, nil, .custom(QuantitySet([4])), .splitBusy),
            (6, .pairs, 0, 2, nil, .custom(QuantitySet([3])), .splitBusy), (6, .pairs, 2, 0, nil, .noSingle, nil),
            (6, .pairs, 2, 0, nil, .any, nil), (6, .pairs, 0, 2, 2, .allTogether, nil),
            // Any quantities may be held, even singles.
            (6, nil, 2, 0, nil, .pairs, .splitBusy), (6, nil, 0, 2, nil, .pairs, nil),
            (6, nil, 1, 0, nil, .custom(QuantitySet([1])), nil),
            // Nothing is held or sold, so it must be possible to sell the whole listing.
            (6, .pairs, 0, 0, 7, nil, .lotDoesNotSplit), (6, .pairs, 0, 0, 8, nil, nil),
        ] as [(Int, SplitRule?, Int, Int, Int?, SplitRule?, Refusal.Code?)])
    func changesMustFitWhatIsLeftAndHeld(
        quantity: Int, rule: SplitRule?, held: Int, sold: Int, newQuantity: Int?, newRule: SplitRule?,
        code: Refusal.Code?
    ) {
        var decider = Self.decider(quantity, rule, held: held, sold: sold)
        let decision = decider.send(Self.change(newQuantity, newRule))
        #expect(decision.refusal?.code == code)
        #expect(decision.isDone == (code == nil) && decider.isUnchanged == (code != nil))
    }

    @Test func otherChangesStayPossible() {
        // One unit is left, because the seller has changed the listing while an order was in transit.
        var decider = Self.decider(4, .pairs, held: 3)
        #expect(decider.send(Self.change(price: 3000)).isDone)
        #expect(decider.send(Self.change(nil, .any)).isDone)
    }

    @Test func rulesAreWrittenByTheirNames() throws {
        let state = Fixture.listing(quantity: 4, splitRule: .custom(QuantitySet([2, 4])), version: 3)
        let json = try Wire.text(state)
        #expect(json.contains(#""splitRule":"2,4""#))
        #expect(try Wire.value(json) == state)
        #expect(throws: UnknownName.self) {
            try Wire.value(json.replacing("2,4", with: "of_a_newer_build"), as: ListingState.self)
        }
    }
}
