import Testing

@testable import Marketplace

@Suite struct OrdersWireTests {
    private let order = #""01980000-0000-7000-8000-000000000007""#
    private let ticket = #""01980000-0000-7000-8000-000000000001""#
    private let buyer = #""01980000-0000-7000-8000-000000000001""#

    @Test func createOrderKeepsItsFormat() throws {
        try expectGolden(
            CreateOrder(ticketId: .n(1), quantity: 2, price: 2500, currency: .usd, ticketVersion: 3, userVersion: 4),
            type: "CreateOrder",
            #"{"currency":"USD","price":2500,"quantity":2,"ticketId":\#(ticket),"ticketVersion":3,"userVersion":4}"#)
        try expectGolden(
            CreateOrder(ticketId: .n(1), quantity: 2, price: nil, ticketVersion: 3, userVersion: 4),
            type: "CreateOrder", #"{"quantity":2,"ticketId":\#(ticket),"ticketVersion":3,"userVersion":4}"#)
    }

    @Test func cancelOrderKeepsItsFormat() throws {
        try expectGolden(CancelOrder(orderId: .n(7)), type: "CancelOrder", #"{"orderId":\#(order)}"#)
    }

    @Test func eventBodyKeepsItsFormat() throws {
        let times = #""createdAt":"2026-08-01T12:00:00.000Z","currency":"USD","expiresAt":"2026-08-01T12:15:00.000Z""#
        let rest = #""ticketTitle":"Row 7","total":5000,"updatedAt":"2026-08-01T12:00:00.000Z","userId":\#(buyer)"#
        try expectGolden(
            Fixture.order(7),
            #"{\#(times),"id":\#(order),"price":2500,"quantity":2,"status":"awaiting_payment","ticketId":\#(ticket),"#
                + #"\#(rest),"version":1}"#)
        try expectGolden(
            Fixture.order(7, status: .cancelled, reason: .paymentFailed, attempt: 2, version: 3),
            #"{"attempt":2,\#(times),"id":\#(order),"price":2500,"quantity":2,"reason":"payment_failed","#
                + #""status":"cancelled","ticketId":\#(ticket),\#(rest),"version":3}"#)
    }

    @Test func representationKeepsItsFormat() throws {
        try expectGolden(
            OrderRepresentation(Fixture.order(7, status: .cancelled, reason: .expired, version: 2)),
            #"{"allIn":2500,"breakdown":{"allIn":2500,"ask":2500,"buyerFee":0,"sellerFee":0,"tax":0,"youGet":2500},"#
                + #""createdAt":"2026-08-01T12:00:00.000Z","currency":"USD","expiresAt":"2026-08-01T12:15:00.000Z","#
                + #""id":\#(order),"price":2500,"quantity":2,"reason":"expired","status":"cancelled","#
                + #""ticket":{"id":\#(ticket),"price":2500,"title":"Row 7"},"total":5000,"#
                + #""updatedAt":"2026-08-01T12:00:00.000Z","userId":\#(buyer),"version":2}"#)
    }

    @Test func detailsKeepTheirFormat() throws {
        let order = Fixture.order(7, details: ShowDetails(venue: "Harpa", row: "7"))
        let text = try Wire.text(order)
        #expect(text.contains(#""details":{"row":"7","venue":"Harpa"},"#))
        #expect(try Wire.value(text) == order)
        #expect(
            try Wire.text(OrderRepresentation(order).ticket)
                == #"{"id":\#(ticket),"price":2500,"row":"7","title":"Row 7","venue":"Harpa"}"#)
    }

    @Test func statusesAndReasonsKeepTheirStoredNames() {
        #expect(
            OrderState.Status.allCases.map(\.rawValue) == [
                "awaiting_payment", "confirmed", "complete", "cancelled", "refunded",
            ])
        #expect(
            OrderState.Reason.known.map(\.rawValue) == [
                "cancelled_by_buyer", "expired", "buyer_banned", "payment_failed", "listing_taken_down",
                "event_cancelled",
            ])
        #expect(OrderState.Status.allCases.filter(\.isClosed) == [.cancelled, .refunded])
    }

    @Test func expiryKeepsItsFormat() throws {
        try expectGolden(
            PreviousBuildExpiry(orderId: .n(7), expiresAt: Fixture.now),
            #"{"expiresAt":"2026-08-01T12:00:00.000Z","orderId":\#(order)}"#)
    }

    @Test func paymentEventKeepsItsFormat() throws {
        try expectGolden(
            PaymentEvent(
                kind: .failed, orderId: .n(7), attempt: 2, amount: 5000, currency: .usd, paymentIntentId: "pi_1",
                reason: "card_declined"),
            #"{"amount":5000,"attempt":2,"currency":"USD","kind":"failed","orderId":\#(order),"#
                + #""paymentIntentId":"pi_1","reason":"card_declined"}"#)
        for kind in ["authorized", "charged", "failed", "refunded"] {
            let text = #"{"amount":5000,"attempt":1,"currency":"USD","kind":"\#(kind)","orderId":\#(order)}"#
            #expect(try Wire.text(try Wire.value(text, as: PaymentEvent.self)) == text)
        }
    }

    /// Followers decode only the members that they keep. The result is the same as if they decoded the whole state.
    @Test(arguments: [
        Fixture.order(7, quantity: 3), Fixture.order(8, status: .confirmed, attempt: 2, version: 4),
        Fixture.order(9, status: .cancelled, reason: .expired, version: 2), Fixture.order(10, quantity: 1_000_000),
    ])
    func copiesAreReadFromTheStatesOfOrders(order: OrderState) throws {
        let text = try Wire.text(order)
        #expect(try Wire.value(text, as: CountedOrder.self) == CountedOrder(order))
        #expect(try Wire.value(text, as: PayableOrder.self) == PayableOrder(order))
    }

    @Test func unknownStatusesAreNotDecoded() throws {
        let newer = try Wire.text(Fixture.order()).replacing("awaiting_payment", with: "on_hold")
        #expect(throws: UnknownName.self) { try Wire.value(newer, as: OrderState.self) }
        #expect(throws: UnknownName.self) { try Wire.value(newer, as: CountedOrder.self) }
        #expect(throws: UnknownName.self) { try Wire.value(newer, as: PayableOrder.self) }
    }
}
