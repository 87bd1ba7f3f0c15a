import CurlClient
import Marketplace
import Stripe
import Testing

@testable import StripeSandbox

/// From the session to the money, as GitTix goes.
@Suite(.timeLimit(.minutes(1)))
struct PayingTests {
    @Test func anEventShowsItsObjectAsItWasThen() async throws {
        try await RunningSandbox.with { running async throws in
            let (session, intent) = try await running.paid()
            _ = try await running.stripe.send(.capturePaymentIntent(intent.id, key: "capture"), as: PaymentIntent.self)
            _ = try await running.stripe.send(.createRefund(paymentIntent: intent.id, key: "refund"), as: Refund.self)
            let objects = running.sandbox.change { state, _ in
                state.ledger.events.all.map { ($0.type, $0.json["data"]["object"]) }
            }
            func then(_ type: String) -> JSON { objects.first { $0.0 == type }?.1 ?? .null }
            #expect(then("payment_intent.created")["status"] == "requires_payment_method")
            #expect(then("payment_intent.created")["latest_charge"] == .null)
            #expect(then("payment_intent.amount_capturable_updated")["status"] == "requires_capture")
            #expect(then("payment_intent.succeeded")["amount_received"] == 5_000)
            #expect(then("charge.succeeded")["captured"] == false)
            #expect(then("charge.captured")["captured"] == true)
            #expect(then("charge.captured")["refunds"]["data"].count == 0)
            #expect(then("charge.refunded")["refunds"]["data"].count == 1)
            #expect(then("checkout.session.completed")["payment_status"] == "unpaid")
            #expect(then("checkout.session.completed")["id"] == .string(session.id))
        }
    }

    @Test func noObjectHasAMemberTwice() async throws {
        try await RunningSandbox.with { running async throws in
            let (session, intent) = try await running.paid()
            _ = try await running.stripe.send(.capturePaymentIntent(intent.id, key: "capture"), as: PaymentIntent.self)
            _ = try await running.stripe.send(.createRefund(paymentIntent: intent.id, key: "refund"), as: Refund.self)
            let all = running.sandbox.change { state, _ -> [JSON] in
                let ledger = state.ledger
                return ledger.events.all.map(\.json)
                    + ledger.sessions.all.map { $0.json().adding(["items": $0.itemsJSON]) }
            }
            #expect(all.count > 8)
            for json in all { #expect(!json.hasAMemberTwice, "\(json["id"]) of \(session.id)") }
        }
    }

    @Test func authoriseThenCapture() async throws {
        try await RunningSandbox.with { running async throws in
            let session = try await running.newSession()
            #expect(session.id.hasPrefix("cs_test_"))
            #expect(session.status == .open && session.paymentStatus == "unpaid" && session.paymentIntentID == nil)
            #expect(session.amountTotal == 5_000 && session.currency?.rawValue == "USD")
            #expect(session.metadata.orderID == RunningSandbox.order && session.metadata.attempt == 1)
            #expect(session.url == "\(running.base)/c/pay/\(session.id)")

            let redirect = try await running.pay(session, card: "4242 4242 4242 4242")
            #expect(redirect.status == 303)
            #expect(redirect[header: "location"] == "http://shop.test/orders/1?session=\(session.id)")

            let paid = try await running.stripe.retrieveCheckoutSession(session.id)
            #expect(paid.status == .complete && paid.paymentStatus == "unpaid" && paid.url == nil)
            let intent = try #require(paid.paymentIntent)
            #expect(intent.status == .requiresCapture && intent.amountCapturable == 5_000 && intent.amountReceived == 0)
            #expect(intent.metadata.orderID == RunningSandbox.order && intent.metadata.attempt == 1)
            #expect(intent.latestCharge?.captured == false)

            let captured = try await running.stripe.send(
                .capturePaymentIntent(intent.id, key: "capture"), as: PaymentIntent.self)
            #expect(captured.status == .succeeded && captured.amountReceived == 5_000 && captured.amountCapturable == 0)
            #expect(captured.latestCharge?.captured == true && captured.latestCharge?.amountCaptured == 5_000)
            #expect(try await running.stripe.retrieveCheckoutSession(session.id).paymentStatus == "paid")
            #expect(
                running.eventTypes() == [
                    "payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated",
                    "checkout.session.completed", "charge.captured", "payment_intent.succeeded",
                ])
            let again = try await running.refusal(.capturePaymentIntent(intent.id, key: "capture-2"))
            #expect(again.kind == .invalid && again.code == "payment_intent_unexpected_state")
        }
    }

    @Test func aDeclinedCardLeavesThePageOpenForAnother() async throws {
        try await RunningSandbox.with { running async throws in
            let session = try await running.newSession()
            for (card, code) in [("4000000000000002", "generic_decline"), ("4000000000009995", "insufficient_funds")] {
                let page = try await running.pay(session, card: card)
                #expect(page.status == 402)
                #expect(page.text.contains("role=\"alert\""))
                #expect(!page.text.contains(card))
                let seen = try await running.stripe.retrieveCheckoutSession(session.id)
                #expect(seen.status == .open)
                #expect(seen.paymentIntent?.status == .requiresPaymentMethod)
                #expect(seen.paymentIntent?.lastError?.declineCode == code)
                #expect(seen.paymentIntent?.latestCharge?.status == "failed")
            }
            let first = try await running.stripe.retrieveCheckoutSession(session.id).paymentIntentID
            #expect(try await running.pay(session, card: "4242424242424242").status == 303)
            let paid = try await running.stripe.retrieveCheckoutSession(session.id)
            #expect(paid.paymentIntentID == first && paid.paymentIntent?.status == .requiresCapture)
            #expect(running.eventTypes().filter { $0 == "payment_intent.payment_failed" }.count == 2)
            #expect(running.eventTypes().filter { $0 == "payment_intent.created" }.count == 1)
        }
    }

    @Test(arguments: ["4000002500003155", "4000002760003184"])
    func threeDSecureAsksFirst(_ card: String) async throws {
        try await RunningSandbox.with { running async throws in
            let session = try await running.newSession()
            let bank = "\(running.base)/c/pay/\(session.id)/authenticate"
            // Refused at the bank: back on the page, nothing authorised.
            #expect(
                try await running.pay(session, card: card)[header: "location"] == "/c/pay/\(session.id)/authenticate")
            #expect(
                try await running.stripe.retrieveCheckoutSession(session.id).paymentIntent?.status == .requiresAction)
            #expect(try await running.get(bank).text.contains("50.00 USD"))
            #expect(try await running.post(bank, [("action", "fail")]).status == 402)
            let failed = try await running.stripe.retrieveCheckoutSession(session.id).paymentIntent
            #expect(failed?.status == .requiresPaymentMethod)
            #expect(failed?.lastError?.code == "payment_intent_authentication_failure")
            // Once over, the bank's page has nothing to confirm.
            #expect(try await running.get(bank).status == 303)
            #expect(try await running.post(bank, [("action", "complete")]).status == 200)
            #expect(try await running.stripe.retrieveCheckoutSession(session.id).status == .open)
            // Confirmed.
            #expect(try await running.pay(session, card: card).status == 303)
            let done = try await running.post(bank, [("action", "complete")])
            #expect(done[header: "location"] == "http://shop.test/orders/1?session=\(session.id)")
            #expect(
                try await running.stripe.retrieveCheckoutSession(session.id).paymentIntent?.status == .requiresCapture)
        }
    }

    @Test func aCardMayFailWhenTheMoneyIsTaken() async throws {
        try await RunningSandbox.with { running async throws in
            let (_, intent) = try await running.paid(card: "4000000000005126")
            #expect(intent.status == .requiresCapture)
            let error = try await running.refusal(.capturePaymentIntent(intent.id, key: "capture"))
            #expect(error.kind == .declined && error.status == 402 && error.body.declineCode == "generic_decline")
            // The same key gives the same refusal.
            #expect(try await running.refusal(.capturePaymentIntent(intent.id, key: "capture")).kind == .declined)
            let dead = try await running.stripe.retrievePaymentIntent(intent.id)
            #expect(dead.status == .requiresPaymentMethod && dead.amountCapturable == 0 && dead.amountReceived == 0)
            let canceled = try await running.stripe.send(
                .cancelPaymentIntent(intent.id, key: "cancel"), as: PaymentIntent.self)
            #expect(canceled.status == .canceled)
        }
    }

    @Test func cancellingGivesTheHoldBack() async throws {
        try await RunningSandbox.with { running async throws in
            let (session, intent) = try await running.paid()
            let expiry = try await running.refusal(.expireCheckoutSession(session.id, key: "expire"))
            #expect(expiry.kind == .invalid && expiry.status == 400)
            let canceled = try await running.stripe.send(
                .cancelPaymentIntent(intent.id, key: "cancel"), as: PaymentIntent.self)
            #expect(canceled.status == .canceled && canceled.amountCapturable == 0)
            #expect(canceled.latestCharge?.refunded == true && canceled.latestCharge?.captured == false)
            #expect(running.eventTypes().suffix(2) == ["charge.refunded", "payment_intent.canceled"])
            let capture = try await running.refusal(.capturePaymentIntent(intent.id, key: "capture"))
            #expect(capture.code == "payment_intent_unexpected_state")
            let refund = try await running.refusal(.createRefund(paymentIntent: intent.id, key: "refund"))
            #expect(refund.kind == .invalid)
            let again = try await running.refusal(.cancelPaymentIntent(intent.id, key: "cancel-2"))
            #expect(again.code == "payment_intent_unexpected_state")
        }
    }

    @Test func whatWasTakenIsRefundedOnce() async throws {
        try await RunningSandbox.with { running async throws in
            let (_, intent) = try await running.paid()
            _ = try await running.stripe.send(.capturePaymentIntent(intent.id, key: "capture"))
            let refund = try await running.stripe.send(
                .createRefund(paymentIntent: intent.id, key: "refund"), as: Refund.self)
            #expect(refund.status == "succeeded" && refund.amount == 5_000 && refund.id.hasPrefix("re_"))
            let seen = try await running.stripe.retrievePaymentIntent(intent.id)
            #expect(seen.status == .succeeded && seen.latestCharge?.refunded == true)
            let list = try await running.stripe.send(
                .listRefunds(paymentIntent: intent.id), as: StripeList<Refund>.self)
            #expect(list.data.map(\.id) == [refund.id] && !list.hasMore)
            let again = try await running.refusal(.createRefund(paymentIntent: intent.id, key: "refund-2"))
            #expect(again.code == "charge_already_refunded")
        }
    }

    @Test func anExpiredSessionTakesItsPaymentIntentWithIt() async throws {
        try await RunningSandbox.with { running async throws in
            let session = try await running.newSession()
            _ = try await running.pay(session, card: "4000000000000002")
            let intentID = try #require(try await running.stripe.retrieveCheckoutSession(session.id).paymentIntentID)
            // While the page is open, the PaymentIntent is the page's.
            #expect(try await running.refusal(.cancelPaymentIntent(intentID, key: "cancel")).kind == .invalid)
            let expired = try await running.stripe.send(
                .expireCheckoutSession(session.id, key: "expire"), as: CheckoutSession.self)
            #expect(expired.status == .expired)
            #expect(try await running.stripe.retrievePaymentIntent(intentID).status == .canceled)
            let page = try await running.pay(session, card: "4242424242424242")
            #expect(page.status == 200 && page.text.contains("has expired"))
            #expect(try await running.stripe.retrieveCheckoutSession(session.id).status == .expired)
        }
    }

    @Test func sessionsAndAuthorisationsEndByThemselves() async throws {
        try await RunningSandbox.with { running async throws in
            let left = try await running.newSession(key: "left")
            let (_, intent) = try await running.paid()
            try await running.advance(seconds: 1_890)
            #expect(try await running.stripe.retrieveCheckoutSession(left.id).status == .open)
            try await running.advance(seconds: 11)
            #expect(try await running.stripe.retrieveCheckoutSession(left.id).status == .expired)
            #expect(running.eventTypes().last == "checkout.session.expired")
            #expect(try await running.stripe.retrievePaymentIntent(intent.id).status == .requiresCapture)
            try await running.advance(seconds: 7 * 24 * 3_600)
            let lapsed = try await running.stripe.retrievePaymentIntent(intent.id)
            #expect(lapsed.status == .canceled && lapsed.cancellationReason == "automatic")
        }
    }

    /// Two browser tabs, and GitTix expiring the session meanwhile: one of them wins, and only one charge stands.
    @Test func onlyOneOfManyPaysAtOnceAuthorises() async throws {
        try await RunningSandbox.with { running async throws in
            let session = try await running.newSession()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<10 { group.addTask { _ = try? await running.pay(session, card: "4242424242424242") } }
                group.addTask {
                    _ = try? await running.stripe.send(.expireCheckoutSession(session.id, key: "expire"))
                }
            }
            let facts = running.sandbox.change { state, _ in
                (state.ledger.charges.all.count, state.ledger.intents.all.map(\.amountCapturable))
            }
            let seen = try await running.stripe.retrieveCheckoutSession(session.id)
            if seen.status == .complete {
                #expect(facts.0 == 1 && facts.1 == [5_000])
            } else {
                #expect(facts.0 == 0 && facts.1.allSatisfy { $0 == 0 })
            }
        }
    }
}
