import Foundation
import Marketplace
import Stripe
import Support
import Testing

@Suite struct ObjectTests {
    @Test func readsASessionWithoutAPaymentIntent() throws {
        let session: CheckoutSession = try decode(
            #"""
            {"id": "cs_test_1", "object": "checkout.session", "url": "https://checkout.stripe.com/c/pay/cs_test_1",
             "status": "open", "payment_status": "unpaid", "payment_intent": null, "expires_at": 1800000000,
             "metadata": {"order_id": "0198a000-0000-7000-8000-000000000001", "attempt": "2"}, "amount_total": 9100,
             "currency": "jpy", "something_new": {"a": [1]}}
            """#)
        #expect(session.status == .open)
        #expect(session.url == "https://checkout.stripe.com/c/pay/cs_test_1")
        #expect(session.paymentIntentID == nil)
        #expect(session.expiresAt == Timestamp(seconds: 1_800_000_000))
        #expect(session.metadata.orderID == RequestTests.order)
        #expect(session.metadata.attempt == 2)
        #expect(session.amountTotal == 9_100)
        #expect(session.currency?.rawValue == "JPY")
    }

    @Test func readsExpandedObjects() throws {
        let session: CheckoutSession = try decode(
            #"""
            {"id": "cs_1", "status": "complete", "payment_status": "paid", "expires_at": 1, "payment_intent":
             {"id": "pi_1", "status": "succeeded", "amount": 500, "amount_capturable": 0, "amount_received": 500,
              "currency": "usd", "metadata": {}, "last_payment_error": null, "latest_charge":
              {"id": "ch_1", "status": "succeeded", "amount": 500, "amount_captured": 500, "amount_refunded": 200,
               "captured": true, "refunded": false}}}
            """#)
        #expect(session.paymentIntentID == "pi_1")
        #expect(session.paymentIntent?.latestChargeID == "ch_1")
        #expect(session.paymentIntent?.latestCharge?.amountRefunded == 200)
        #expect(session.paymentIntent?.latestCharge?.captured == true)
        #expect(session.metadata.orderID == nil)
    }

    @Test func readsAPaymentIntentWithADeclinedCard() throws {
        let intent: PaymentIntent = try decode(
            #"""
            {"id": "pi_1", "status": "requires_payment_method", "amount": 500, "currency": "xxx", "latest_charge": "ch_1",
             "last_payment_error": {"type": "card_error", "code": "card_declined", "decline_code": "generic_decline",
             "message": "Your card was declined."}}
            """#)
        #expect(intent.latestChargeID == "ch_1" && intent.latestCharge == nil)
        #expect(intent.lastError?.declineCode == "generic_decline")
        #expect(intent.currency == nil)
    }

    @Test(arguments: [
        ("requires_payment_method", PaymentIntent.Status.requiresPaymentMethod, false),
        ("requires_confirmation", .requiresConfirmation, false), ("requires_action", .requiresAction, false),
        ("processing", .processing, false), ("requires_capture", .requiresCapture, false),
        ("canceled", .canceled, true), ("succeeded", .succeeded, true), ("invented", .other("invented"), false),
    ])
    func readsKnownAndUnknownStatuses(_ text: String, _ status: PaymentIntent.Status, _ isFinal: Bool) throws {
        let intent: PaymentIntent = try decode(
            #"{"id": "pi_1", "status": "\#(text)", "amount": 1, "currency": "usd"}"#)
        #expect(intent.status == status)
        #expect(intent.status.isFinal == isFinal)
    }

    @Test(.enabled(if: StripeSpecification.isAvailable, Comment(rawValue: StripeSpecification.unavailableReason)))
    func readsStripesExampleObjects() throws {
        let specification = try #require(StripeSpecification.shared)
        let decoder = JSONDecoder()
        let session = try decoder.decode(CheckoutSession.self, from: specification.fixture("checkout.session"))
        #expect(session.paymentIntentID == "pi_1PgafyB7WZ01zgkWSjxsAJo3")
        let intent = try decoder.decode(PaymentIntent.self, from: specification.fixture("payment_intent"))
        #expect(intent.status == .requiresPaymentMethod && intent.amount == 1_099)
        #expect(try decoder.decode(Charge.self, from: specification.fixture("charge")).status == "succeeded")
        #expect(try decoder.decode(Refund.self, from: specification.fixture("refund")).amount == 100)
        let event = try WebhookEvent(json: specification.fixture("event"))
        #expect(event.type == "plan.created" && event.objectID != nil && event.orderID == nil)
    }
}
