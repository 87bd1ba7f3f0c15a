import Marketplace
import Stripe
import Support
import Testing

@Suite struct RequestTests {
    static let order = OrderID("0198a000-0000-7000-8000-000000000001")!
    static let parameters = CheckoutSessionParameters(
        orderID: order, attempt: 2, title: "Sigur Rós & friends [live] 100%", unitAmount: 4_550,
        currency: Currency(rawValue: "EUR")!, quantity: 3,
        successURL: "https://x.test/orders/1?paid={CHECKOUT_SESSION_ID}", cancelURL: "https://x.test/orders/1",
        expiresAt: Timestamp(seconds: 1_800_000_000))

    /// The body is committed before the call and belongs to the idempotency key, so its bytes must not change by
    /// accident.
    @Test func sessionBodyHasFixedBytes() {
        let request = StripeRequest.createCheckoutSession(Self.parameters, key: "k")
        #expect(request.method == .post)
        #expect(request.path == "/v1/checkout/sessions")
        #expect(request.idempotencyKey == "k")
        let id = "0198a000-0000-7000-8000-000000000001"
        #expect(
            request.form == """
                mode=payment&payment_method_types%5B0%5D=card&client_reference_id=\(id)\
                &line_items%5B0%5D%5Bprice_data%5D%5Bcurrency%5D=eur\
                &line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D=4550\
                &line_items%5B0%5D%5Bprice_data%5D%5Bproduct_data%5D%5Bname%5D=\
                Sigur%20R%C3%B3s%20%26%20friends%20%5Blive%5D%20100%25\
                &line_items%5B0%5D%5Bquantity%5D=3\
                &payment_intent_data%5Bcapture_method%5D=manual\
                &payment_intent_data%5Bmetadata%5D%5Border_id%5D=\(id)\
                &payment_intent_data%5Bmetadata%5D%5Battempt%5D=2\
                &metadata%5Border_id%5D=\(id)&metadata%5Battempt%5D=2\
                &success_url=https%3A%2F%2Fx.test%2Forders%2F1%3Fpaid%3D%7BCHECKOUT_SESSION_ID%7D\
                &cancel_url=https%3A%2F%2Fx.test%2Forders%2F1&expires_at=1800000000
                """)
    }

    @Test func decodedRequestEqualsTheEncodedOne() throws {
        let request = StripeRequest.createCheckoutSession(Self.parameters, key: "k")
        #expect(try roundTrip(request) == request)
        #expect(try roundTrip(StripeRequest.retrievePaymentIntent("pi_1")).idempotencyKey == nil)
    }

    @Test func idIsEscapedInThePath() {
        #expect(
            StripeRequest.expireCheckoutSession("a/../b?c", key: "k").path
                == "/v1/checkout/sessions/a%2F..%2Fb%3Fc/expire")
    }

    @Test func escapesAllButUnreservedCharacters() {
        var form = FormBody()
        form.add("a~b", "-._~ +*'\u{7}é")
        #expect(form.encoded == "a~b=-._~%20%2B%2A%27%07%C3%A9")
    }

    @Test(.enabled(if: StripeSpecification.isAvailable, Comment(rawValue: StripeSpecification.unavailableReason)))
    func everyCallMatchesStripesSpecification() throws {
        let specification = try #require(StripeSpecification.shared)
        let calls: [(StripeRequest, String)] = [
            (.createCheckoutSession(Self.parameters, key: "k"), "/v1/checkout/sessions"),
            (.expireCheckoutSession("cs_1", key: "k"), "/v1/checkout/sessions/{session}/expire"),
            (.capturePaymentIntent("pi_1", key: "k"), "/v1/payment_intents/{intent}/capture"),
            (.cancelPaymentIntent("pi_1", key: "k"), "/v1/payment_intents/{intent}/cancel"),
            (.createRefund(paymentIntent: "pi_1", key: "k"), "/v1/refunds"),
        ]
        for (request, path) in calls {
            #expect(specification.problems(ofForm: fields(request.form), method: "POST", path: path) == [])
        }
        // The check itself must find problems, too.
        let wrong = fields("mode=payment&line_items[0][quantity]=many&cancel_url=x&colour=red")
        #expect(
            specification.problems(ofForm: wrong, method: "POST", path: "/v1/checkout/sessions").count == 3)
    }

    private func fields(_ form: String) -> [(String, String)] {
        form.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(decoded)
            return (parts[0], parts[1])
        }
    }

    @Test func theCheckoutPageHasTheWholePrice() throws {
        let now = Timestamp(seconds: 1_785_585_600)
        let order = PayableOrder(
            OrderState(
                id: .new(), userId: .new(), ticketId: .new(), ticketTitle: "Row 7", quantity: 3, price: 4_500,
                pricing: UnitPricing(buyerFee: 275, feeVersion: 1), total: 14_325, currency: .usd,
                status: .awaitingPayment, reason: nil, attempt: nil, expiresAt: now, createdAt: now, updatedAt: now,
                version: 1))
        let attempt = PaymentAttempt(
            number: 1, state: .opening, amount: order.total, currency: .usd, sessionExpiresAt: now)
        let request = StripeRequestBuilder(publicURL: "http://gittix.test").request(.openPage(order, attempt), key: "k")
        #expect(request.form.contains("unit_amount%5D=4775&") && request.form.contains("quantity%5D=3&"))
    }
}
