import CurlClient
import Foundation
import Stripe
import Testing

@testable import StripeSandbox

/// PaymentIntents that API calls create and confirm with test PaymentMethods.
@Suite(.timeLimit(.minutes(1)))
struct ConfirmationTests {
    private static let form = "amount=5000&currency=usd&capture_method=manual"

    private func create(_ harness: SandboxHarness, _ more: String) async throws -> (status: Int, body: [String: Any]) {
        try Self.read(await harness.call(.post, "/v1/payment_intents", form: "\(Self.form)&\(more)"))
    }

    private static func read(_ response: CurlResponse) throws -> (status: Int, body: [String: Any]) {
        let json = try JSONSerialization.jsonObject(with: Data(response.body))
        return (response.status, try #require(json as? [String: Any]))
    }

    @Test func isCreatedThenConfirmedThenCaptured() async throws {
        try await SandboxHarness.with { harness async throws in
            let made = try await create(harness, "payment_method=pm_card_mastercard")
            #expect(made.body["status"] as? String == "requires_confirmation")
            let id = try #require(made.body["id"] as? String)
            let confirmed = try Self.read(await harness.call(.post, "/v1/payment_intents/\(id)/confirm"))
            #expect(confirmed.body["status"] as? String == "requires_capture")
            let captured = try Self.read(
                await harness.call(.post, "/v1/payment_intents/\(id)/capture", form: "amount_to_capture=2000"))
            #expect(captured.body["status"] as? String == "succeeded")
            #expect(captured.body["amount_received"] as? Int == 2_000)
            #expect(
                harness.eventTypes() == [
                    "payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated",
                    "charge.captured", "payment_intent.succeeded",
                ])
            #expect(try await harness.call(.post, "/v1/payment_intents/\(id)/confirm").status == 400)
        }
    }

    @Test func waitsForAPaymentMethod() async throws {
        try await SandboxHarness.with { harness async throws in
            let made = try await create(harness, "description=x")
            #expect(made.body["status"] as? String == "requires_payment_method")
            let path = "/v1/payment_intents/\(try #require(made.body["id"] as? String))/confirm"
            #expect(try await harness.call(.post, path).status == 400)
            #expect(try await harness.call(.post, path, form: "payment_method=pm_card_nobody").status == 400)
            #expect(try await harness.call(.post, path, form: "payment_method=pm_card_visa").status == 200)
        }
    }

    @Test func declineNamesThePaymentIntent() async throws {
        try await SandboxHarness.with { harness async throws in
            let declined = try await create(
                harness, "confirm=true&payment_method=pm_card_visa_chargeDeclinedStolenCard")
            let error = try #require(declined.body["error"] as? [String: Any])
            #expect(declined.status == 402 && error["decline_code"] as? String == "stolen_card")
            let intent = try #require(error["payment_intent"] as? [String: Any])
            #expect(intent["status"] as? String == "requires_payment_method")
            #expect(intent["latest_charge"] as? String == error["charge"] as? String)
        }
    }

    @Test func authenticationNeedsTheBuyer() async throws {
        try await SandboxHarness.with { harness async throws in
            let card = "confirm=true&payment_method=pm_card_authenticationRequired"
            let waiting = try await create(harness, card)
            #expect(waiting.body["status"] as? String == "requires_action")
            #expect((waiting.body["next_action"] as? [String: Any])?["type"] as? String == "use_stripe_sdk")
            let refused = try await create(harness, card + "&off_session=true")
            let error = try #require(refused.body["error"] as? [String: Any])
            #expect(refused.status == 402 && error["code"] as? String == "authentication_required")
        }
    }

    /// The buyer of a Checkout Session confirms on its page.
    @Test func intentOfASessionIsNotConfirmedByACall() async throws {
        try await SandboxHarness.with { harness async throws in
            let session = try await harness.newSession()
            _ = try await harness.pay(session, card: "4000000000000002")
            let id = try #require(try await harness.stripe.retrieveCheckoutSession(session.id).paymentIntentID)
            let response = try await harness.call(
                .post, "/v1/payment_intents/\(id)/confirm", form: "payment_method=pm_card_visa")
            #expect(response.status == 400 && response.text.contains("payment_intent_unexpected_state"))
        }
    }

    @Test(arguments: [
        "currency=usd", "amount=5000", "amount=0&currency=usd", "amount=49&currency=usd",
        "amount=100000000&currency=usd",
        "amount=5000&currency=gold", "amount=5000&currency=usd&confirm=true", "amount=5050&currency=isk",
        "amount=5000&currency=usd&payment_method_types[]=boleto", "amount=5000&currency=usd&customer=cus_1",
    ])
    func invalidParametersAreRefused(_ form: String) async throws {
        try await SandboxHarness.with { harness async throws in
            #expect(try await harness.call(.post, "/v1/payment_intents", form: form).status == 400)
            #expect(harness.sandbox.change { state, _ in state.ledger.intents.all.isEmpty })
        }
    }

    @Test func testCardsAreValid() {
        for card in TestCard.all {
            #expect(Card(number: card.number, expiryMonth: 1, expiryYear: 2_040)?.behaviour == card.behaviour)
            #expect(card.groupedNumber.filter { $0 != " " } == card.number)
        }
    }
}
