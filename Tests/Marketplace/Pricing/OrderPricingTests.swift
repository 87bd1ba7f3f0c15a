import Testing

@testable import Marketplace

/// Orders of listings with fees.
@Suite struct OrderPricingTests {
    private static let pricing = UnitPricing(
        buyerFee: 125, sellerFee: 50, feeVersion: 4, policyVersion: 7, faceValue: 3_000)

    private func decider(_ pricing: UnitPricing? = Self.pricing) -> OrdersDecider {
        var state = Fixture.listing(version: 3)
        state.pricing = pricing
        return .of(listing: .sample(state))
    }

    @Test func theTotalIsTheWholePriceTimesTheQuantity() throws {
        var decider = decider()
        let reply = try #require(decider.send(.create(3, price: 2_625)).reply(as: OrderRepresentation.self))
        #expect(reply.total == 7_875 && reply.price == 2_500 && reply.allIn == 2_625)
        let order = try #require(decider.orders[.n(50)])
        #expect(order.pricing == Self.pricing)
        #expect(PayableOrder(order).allIn == 2_625)
    }

    @Test func theAskAloneIsAnotherPrice() {
        var decider = decider()
        let refusal = decider.send(.create(1, price: 2_500)).refusal
        #expect(refusal?.code == .priceChanged && refusal?.price == 2_625)
    }

    @Test func withoutFeesTheAskIsThePrice() {
        var decider = decider(nil)
        #expect(decider.send(.create(1, price: 2_500)).isDone)
    }

    @Test func anOrderKeepsItsPriceWhenTheListingIsSuspended() throws {
        var decider = decider()
        _ = decider.send(.create(1))
        var state = Fixture.listing(withdrawn: true, version: 4)
        state.suspended = Suspension(reason: .policy, wasOnSale: true)
        _ = decider.receive(.listing(state))
        let order = try #require(decider.orders[.n(50)])
        #expect(order.status == .awaitingPayment && order.total == 2_625)
        #expect(decider.receive(.payment(.of(.authorized, order))).events.count == 1)
        #expect(decider.orders[.n(50)]?.status == .confirmed)
        #expect(decider.send(.create(1, ticketVersion: 4), id: 51).refusal?.code == .withdrawn)
    }

    @Test func feesAreReadFromTheWireAndMayBeMissing() throws {
        let order = Fixture.order()
        #expect(try !Wire.text(order).contains("pricing"))
        var priced = order
        priced.pricing = Self.pricing
        #expect(try Wire.value(try Wire.text(priced)) == priced)
    }
}
