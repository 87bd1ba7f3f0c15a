import CurlClient
import Marketplace
import Stripe
import Testing

@testable import StripeSandbox

/// Payments from the session to the capture, with GitTix's calls.
@Suite(.timeLimit(.minutes(1)))
struct PaymentTests {
    @Test func eventShowsItsObjectAtThatTime() async throws {
        try await SandboxHarness.with { harness async throws in
            let (session, intent) = try await harness.paid()
            _ = try await harness.stripe.send(.capturePaymentIntent(intent.id, key: "capture"), as: PaymentIntent.self)
            _ = try await harness.stripe.send(.createRefund(paymentIntent: intent.id, key: "refund"), as: Refund.self)
            let objects = harness.sandbox.change { state, _ in
                state.ledger.events.all.map { ($0.type, $0.json["data"]["object"]) }
            }
            func object(of type: String) -> JSON { objects.first { $0.0 == type }?.1 ?? .null }
            #expect(object(of: "payment_intent.created")["status"] == "requires_payment_method")
            #expect(object(of: "payment_intent.created")["latest_charge"] == .null)
            #expect(object(of: "payment_intent.amount_capturable_updated")["status"] == "requires_capture")
            #expect(object(of: "payment_intent.succeeded")["amount_received"] == 5_000)
            #expect(object(of: "charge.succeeded")["captured"] == false)
            #expect(object(of: "charge.captured")["captured"] == true)
            #expect(object(of: "charge.captured")["refunds"]["data"].count == 0)
            #expect(object(of: "charge.refunded")["refunds"]["data"].count == 1)
            #expect(object(of: "checkout.session.completed")["payment_status"] == "unpaid")
            #expect(object(of: "checkout.session.completed")["id"] == .string(session.id))
        }
    }

    @Test func objectsHaveNoDuplicateMember() async throws {
        try await SandboxHarness.with { harness async throws in
            let (session, intent) = try await harness.paid()
            _ = try await harness.stripe.send(.capturePaymentIntent(intent.id, key: "capture"), as: PaymentIntent.self)
            _ = try await harness.stripe.send(.createRefund(paymentIntent: intent.id, key: "refund"), as: Refund.self)
            let all = harness.sandbox.change { state, _ -> [JSON] in
                let ledger = state.ledger
                return ledger.events.all.map(\.json)
                    + ledger.sessions.all.map { $0.json().adding(["items": $0.itemsJSON]) }
            }
            #expect(all.count > 8)
            for json in all { #expect(!json.hasDuplicateMember, "\(json["id"]) of \(session.id)") }
        }
    }

    @Test func paymentIsAuthorisedThenCaptured() async throws {
        try await SandboxHarness.with { harness async throws in
            let session = try await harness.newSession()
            #expect(session.id.hasPrefix("cs_test_"))
            #expect(session.status == .open && session.paymentStatus == "unpaid" && session.paymentIntentID == nil)
            #expect(session.amountTotal == 5_000 && session.currency?.rawValue == "USD")
            #expect(session.metadata.orderID == SandboxHarness.order && session.metadata.attempt == 1)
            #expect(session.url == "\(harness.base)/c/pay/\(session.id)")

            let redirect = try await harness.pay(session, card: "4242 4242 4242 4242")
            #expect(redirect.status == 303)
            #expect(redirect[header: "location"] == "http://shop.test/orders/1?session=\(session.id)")

            let paid = try await harness.stripe.retrieveCheckoutSession(session.id)
            #expect(paid.status == .complete && paid.paymentStatus == "unpaid" && paid.url == nil)
            let intent = try #require(paid.paymentIntent)
            #expect(intent.status == .requiresCapture && intent.amountCapturable == 5_000 && intent.amountReceived == 0)
            #expect(intent.metadata.orderID == SandboxHarness.order && intent.metadata.attempt == 1)
            #expect(intent.latestCharge?.captured == false)

            let captured = try await harness.stripe.send(
                .capturePaymentIntent(intent.id, key: "capture"), as: PaymentIntent.self)
            #expect(captured.status == .succeeded && captured.amountReceived == 5_000 && captured.amountCapturable == 0)
            #expect(captured.latestCharge?.captured == true && captured.latestCharge?.amountCaptured == 5_000)
            #expect(try await harness.stripe.retrieveCheckoutSession(session.id).paymentStatus == "paid")
            #expect(
                harness.eventTypes() == [
                    "payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated",
                    "checkout.session.completed", "charge.captured", "payment_intent.succeeded",
                ])
            let again = try await harness.error(of: .capturePaymentIntent(intent.id, key: "capture-2"))
            #expect(again.kind == .invalid && again.code == "payment_intent_unexpected_state")
        }
    }

    @Test func declinedCardLeavesTheSessionOpen() async throws {
        try await SandboxHarness.with { harness async throws in
            let session = try await harness.newSession()
            for (card, code) in [("4000000000000002", "generic_decline"), ("4000000000009995", "insufficient_funds")] {
                let page = try await harness.pay(session, card: card)
                #expect(page.status == 402)
                #expect(page.text.contains("role=\"alert\""))
                #expect(!page.text.contains(card))
                let seen = try await harness.stripe.retrieveCheckoutSession(session.id)
                #expect(seen.status == .open)
                #expect(seen.paymentIntent?.status == .requiresPaymentMethod)
                #expect(seen.paymentIntent?.lastError?.declineCode == code)
                #expect(seen.paymentIntent?.latestCharge?.status == "failed")
            }
            let first = try await harness.stripe.retrieveCheckoutSession(session.id).paymentIntentID
            #expect(try await harness.pay(session, card: "4242424242424242").status == 303)
            let paid = try await harness.stripe.retrieveCheckoutSession(session.id)
            #expect(paid.paymentIntentID == first && paid.paymentIntent?.status == .requiresCapture)
            #expect(harness.eventTypes().filter { $0 == "payment_intent.payment_failed" }.count == 2)
            #expect(harness.eventTypes().filter { $0 == "payment_intent.created" }.count == 1)
        }
    }

    @Test(
        arguments: [
            ("4000000000000002", "card_declined", "generic_decline"),
            ("4000000000009995", "card_declined", "insufficient_funds"),
            ("4000000000009987", "card_declined", "lost_card"), ("4000000000009979", "card_declined", "stolen_card"),
            ("4000000000006975", "card_declined", "card_velocity_exceeded"),
            ("4000000000000069", "expired_card", nil), ("4000000000000127", "incorrect_cvc", nil),
            ("4000000000000119", "processing_error", nil), ("4111111111111111", "card_declined", "test_mode_live_card"),
        ] as [(String, String, String?)])
    func cardsAreDeclinedWithTheirCodes(card: String, code: String, declineCode: String?) async throws {
        try await SandboxHarness.with { harness async throws in
            let session = try await harness.newSession()
            #expect(try await harness.pay(session, card: card).status == 402)
            let intent = try await harness.stripe.retrieveCheckoutSession(session.id).paymentIntent
            #expect(intent?.lastError?.code == code && intent?.lastError?.declineCode == declineCode)
        }
    }

    @Test(arguments: [("4000008260003178", "insufficient_funds"), ("4000008400001629", "generic_decline")])
    func cardIsDeclinedAfterAuthentication(card: String, declineCode: String) async throws {
        try await SandboxHarness.with { harness async throws in
            let session = try await harness.newSession()
            #expect(try await harness.pay(session, card: card).status == 303)
            let bank = "\(harness.base)/c/pay/\(session.id)/authenticate"
            #expect(try await harness.post(bank, [("action", "complete")]).status == 402)
            let seen = try await harness.stripe.retrieveCheckoutSession(session.id)
            #expect(seen.status == .open && seen.paymentIntent?.status == .requiresPaymentMethod)
            #expect(seen.paymentIntent?.lastError?.declineCode == declineCode)
            #expect(try await harness.pay(session, card: "4242424242424242").status == 303)
        }
    }

    @Test(arguments: ["4000002500003155", "4000002760003184", "4000000000003220", "4000003800000446"])
    func threeDSecureIsRequiredBeforeAuthorisation(_ card: String) async throws {
        try await SandboxHarness.with { harness async throws in
            let session = try await harness.newSession()
            let bank = "\(harness.base)/c/pay/\(session.id)/authenticate"
            // The buyer rejects the payment at the bank, so nothing is authorised.
            #expect(
                try await harness.pay(session, card: card)[header: "location"] == "/c/pay/\(session.id)/authenticate")
            #expect(
                try await harness.stripe.retrieveCheckoutSession(session.id).paymentIntent?.status == .requiresAction)
            #expect(try await harness.get(bank).text.contains("50.00 USD"))
            #expect(try await harness.post(bank, [("action", "fail")]).status == 402)
            let failed = try await harness.stripe.retrieveCheckoutSession(session.id).paymentIntent
            #expect(failed?.status == .requiresPaymentMethod)
            #expect(failed?.lastError?.code == "payment_intent_authentication_failure")
            // The bank's page has nothing to confirm any more.
            #expect(try await harness.get(bank).status == 303)
            #expect(try await harness.post(bank, [("action", "complete")]).status == 200)
            #expect(try await harness.stripe.retrieveCheckoutSession(session.id).status == .open)
            // The buyer confirms.
            #expect(try await harness.pay(session, card: card).status == 303)
            let done = try await harness.post(bank, [("action", "complete")])
            #expect(done[header: "location"] == "http://shop.test/orders/1?session=\(session.id)")
            #expect(
                try await harness.stripe.retrieveCheckoutSession(session.id).paymentIntent?.status == .requiresCapture)
        }
    }

    @Test func captureIsDeclined() async throws {
        try await SandboxHarness.with { harness async throws in
            let (_, intent) = try await harness.paid(card: "4000004020000000")
            #expect(intent.status == .requiresCapture)
            let error = try await harness.error(of: .capturePaymentIntent(intent.id, key: "capture"))
            #expect(error.kind == .declined && error.status == 402 && error.body.declineCode == "generic_decline")
            // The same key replays the same decline.
            #expect(try await harness.error(of: .capturePaymentIntent(intent.id, key: "capture")).kind == .declined)
            let failed = try await harness.stripe.retrievePaymentIntent(intent.id)
            #expect(
                failed.status == .requiresPaymentMethod && failed.amountCapturable == 0 && failed.amountReceived == 0)
            let canceled = try await harness.stripe.send(
                .cancelPaymentIntent(intent.id, key: "cancel"), as: PaymentIntent.self)
            #expect(canceled.status == .canceled)
        }
    }

    @Test func cancellingReleasesTheAuthorisation() async throws {
        try await SandboxHarness.with { harness async throws in
            let (session, intent) = try await harness.paid()
            let expiry = try await harness.error(of: .expireCheckoutSession(session.id, key: "expire"))
            #expect(expiry.kind == .invalid && expiry.status == 400)
            let canceled = try await harness.stripe.send(
                .cancelPaymentIntent(intent.id, key: "cancel"), as: PaymentIntent.self)
            #expect(canceled.status == .canceled && canceled.amountCapturable == 0)
            #expect(canceled.latestCharge?.refunded == true && canceled.latestCharge?.captured == false)
            #expect(harness.eventTypes().suffix(2) == ["charge.refunded", "payment_intent.canceled"])
            let capture = try await harness.error(of: .capturePaymentIntent(intent.id, key: "capture"))
            #expect(capture.code == "payment_intent_unexpected_state")
            let refund = try await harness.error(of: .createRefund(paymentIntent: intent.id, key: "refund"))
            #expect(refund.kind == .invalid)
            let again = try await harness.error(of: .cancelPaymentIntent(intent.id, key: "cancel-2"))
            #expect(again.code == "payment_intent_unexpected_state")
        }
    }

    @Test func capturedAmountIsRefundedOnce() async throws {
        try await SandboxHarness.with { harness async throws in
            let (_, intent) = try await harness.paid()
            _ = try await harness.stripe.send(.capturePaymentIntent(intent.id, key: "capture"))
            let refund = try await harness.stripe.send(
                .createRefund(paymentIntent: intent.id, key: "refund"), as: Refund.self)
            #expect(refund.status == "succeeded" && refund.amount == 5_000 && refund.id.hasPrefix("re_"))
            let seen = try await harness.stripe.retrievePaymentIntent(intent.id)
            #expect(seen.status == .succeeded && seen.latestCharge?.refunded == true)
            let list = try await harness.stripe.send(
                .listRefunds(paymentIntent: intent.id), as: StripeList<Refund>.self)
            #expect(list.data.map(\.id) == [refund.id] && !list.hasMore)
            let again = try await harness.error(of: .createRefund(paymentIntent: intent.id, key: "refund-2"))
            #expect(again.code == "charge_already_refunded")
        }
    }

    /// Stripe first reports that the refund has succeeded, and a minute later that the bank has returned the money.
    @Test func refundFailsLater() async throws {
        try await SandboxHarness.with { harness async throws in
            let (_, intent) = try await harness.paid(card: "4000000000005126")
            _ = try await harness.stripe.send(.capturePaymentIntent(intent.id, key: "capture"))
            let refund = try await harness.stripe.send(
                .createRefund(paymentIntent: intent.id, key: "refund"), as: Refund.self)
            #expect(refund.status == "succeeded")
            #expect(try await harness.stripe.retrievePaymentIntent(intent.id).latestCharge?.refunded == true)
            try await harness.advanceClock(seconds: 60)
            let failed = try await harness.stripe.send(.get("/v1/refunds/\(refund.id)"), as: Refund.self)
            #expect(failed.status == "failed")
            #expect(try await harness.stripe.retrievePaymentIntent(intent.id).latestCharge?.refunded == false)
            #expect(
                harness.eventTypes().suffix(5) == [
                    "refund.created", "charge.refunded", "refund.failed", "refund.updated", "charge.refund.updated",
                ])
            let record = harness.sandbox.change { state, _ in state.record.json(state.ledger, orderID: nil) }
            #expect(record["totals"]["usd"]["refunded"] == 0)
            // The amount can be refunded again.
            let again = try await harness.stripe.send(
                .createRefund(paymentIntent: intent.id, key: "refund-2"), as: Refund.self)
            #expect(again.amount == 5_000)
        }
    }

    @Test func refundIsPendingAtFirst() async throws {
        try await SandboxHarness.with { harness async throws in
            let (_, intent) = try await harness.paid(card: "4000000000007726")
            _ = try await harness.stripe.send(.capturePaymentIntent(intent.id, key: "capture"))
            let refund = try await harness.stripe.send(
                .createRefund(paymentIntent: intent.id, key: "refund"), as: Refund.self)
            #expect(refund.status == "pending")
            try await harness.advanceClock(seconds: 60)
            let settled = try await harness.stripe.send(.get("/v1/refunds/\(refund.id)"), as: Refund.self)
            #expect(settled.status == "succeeded")
            #expect(harness.eventTypes().suffix(2) == ["refund.updated", "charge.refund.updated"])
        }
    }

    @Test func expiringASessionCancelsItsPaymentIntent() async throws {
        try await SandboxHarness.with { harness async throws in
            let session = try await harness.newSession()
            _ = try await harness.pay(session, card: "4000000000000002")
            let intentID = try #require(try await harness.stripe.retrieveCheckoutSession(session.id).paymentIntentID)
            // The PaymentIntent of an open session cannot be cancelled.
            #expect(try await harness.error(of: .cancelPaymentIntent(intentID, key: "cancel")).kind == .invalid)
            let expired = try await harness.stripe.send(
                .expireCheckoutSession(session.id, key: "expire"), as: CheckoutSession.self)
            #expect(expired.status == .expired)
            #expect(try await harness.stripe.retrievePaymentIntent(intentID).status == .canceled)
            let page = try await harness.pay(session, card: "4242424242424242")
            #expect(page.status == 200 && page.text.contains("has expired"))
            #expect(try await harness.stripe.retrieveCheckoutSession(session.id).status == .expired)
        }
    }

    @Test func sessionsAndAuthorisationsExpire() async throws {
        try await SandboxHarness.with { harness async throws in
            let unpaid = try await harness.newSession(key: "unpaid")
            let (_, intent) = try await harness.paid()
            try await harness.advanceClock(seconds: 1_890)
            #expect(try await harness.stripe.retrieveCheckoutSession(unpaid.id).status == .open)
            try await harness.advanceClock(seconds: 11)
            #expect(try await harness.stripe.retrieveCheckoutSession(unpaid.id).status == .expired)
            #expect(harness.eventTypes().last == "checkout.session.expired")
            #expect(try await harness.stripe.retrievePaymentIntent(intent.id).status == .requiresCapture)
            try await harness.advanceClock(seconds: 7 * 24 * 3_600)
            let expired = try await harness.stripe.retrievePaymentIntent(intent.id)
            #expect(expired.status == .canceled && expired.cancellationReason == "automatic")
            #expect(harness.eventTypes().suffix(2) == ["charge.expired", "payment_intent.canceled"])
        }
    }

    /// Ten concurrent payments race with the expiry of the session. At most one charge is authorised.
    @Test func concurrentPaymentsAuthoriseOnce() async throws {
        try await SandboxHarness.with { harness async throws in
            let session = try await harness.newSession()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<10 { group.addTask { _ = try? await harness.pay(session, card: "4242424242424242") } }
                group.addTask {
                    _ = try? await harness.stripe.send(.expireCheckoutSession(session.id, key: "expire"))
                }
            }
            let facts = harness.sandbox.change { state, _ in
                (state.ledger.charges.all.count, state.ledger.intents.all.map(\.amountCapturable))
            }
            let seen = try await harness.stripe.retrieveCheckoutSession(session.id)
            if seen.status == .complete {
                #expect(facts.0 == 1 && facts.1 == [5_000])
            } else {
                #expect(facts.0 == 0 && facts.1.allSatisfy { $0 == 0 })
            }
        }
    }
}
