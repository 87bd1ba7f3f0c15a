import Testing

@testable import Marketplace

@Suite struct PaymentsWireTests {
    private let order = #""01980000-0000-7000-8000-000000000007""#

    @Test func startPaymentKeepsItsFormat() throws {
        try expectGolden(
            StartPayment(orderId: .n(7), orderVersion: 1), type: "StartPayment",
            #"{"orderId":\#(order),"orderVersion":1}"#)
        try expectGolden(
            Checkout(id: "cs_1", url: "https://pay.example/cs_1"), #"{"id":"cs_1","url":"https://pay.example/cs_1"}"#)
    }

    @Test func receiveStripeEventKeepsItsFormat() throws {
        try expectGolden(
            ReceiveStripeEvent(
                eventId: "evt_1", eventType: "charge.refunded", objectId: "ch_1", orderId: .n(7), attempt: 2),
            type: "ReceiveStripeEvent",
            #"{"attempt":2,"eventId":"evt_1","eventType":"charge.refunded","objectId":"ch_1","orderId":\#(order)}"#)
        try expectGolden(
            ReceiveStripeEvent(
                eventId: "evt_1", eventType: "charge.refunded", objectId: "ch_1", orderId: nil, attempt: nil),
            type: "ReceiveStripeEvent", #"{"eventId":"evt_1","eventType":"charge.refunded","objectId":"ch_1"}"#)
    }

    @Test func checkPaymentKeepsItsFormat() throws {
        try expectGolden(CheckPayment(orderId: .n(7)), type: "CheckPayment", #"{"orderId":\#(order)}"#)
    }

    @Test func retryPaymentKeepsItsFormat() throws {
        try expectGolden(RetryPayment(orderId: .n(7)), type: "RetryPayment", #"{"orderId":\#(order)}"#)
        try expectGolden(RetriedPayment(calls: 2), #"{"calls":2}"#)
    }
}
