import CurlClient
import Marketplace
import Stripe
import Testing

@testable import StripeSandbox

@Suite(.timeLimit(.minutes(1)))
struct PageTests {
    @Test func showsTheEscapedOrder() async throws {
        try await SandboxHarness.with { harness async throws in
            let session = try await harness.newSession()
            let page = try await harness.get(try #require(session.url))
            #expect(page.status == 200)
            #expect(page[header: "content-type"] == "text/html; charset=utf-8")
            #expect(page[header: "content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(page.text.contains("Night &amp; day &lt;live&gt; × 2"))
            #expect(page.text.contains("Pay 50.00 USD"))
            #expect(page.text.contains("href=\"http://shop.test/orders/1\""))
            #expect(!page.text.contains("<script"))
            for field in ["number", "expiry", "cvc", "name"] {
                #expect(page.text.contains("<label for=\"\(field)\">") && page.text.contains("name=\"\(field)\""))
            }
        }
    }

    @Test func showsZeroDecimalAmounts() async throws {
        try await SandboxHarness.with { harness async throws in
            let session = try await harness.stripe.send(
                .createCheckoutSession(SandboxHarness.parameters(unitAmount: 1_200, currency: "JPY"), key: "k"),
                as: CheckoutSession.self)
            #expect(try await harness.get(try #require(session.url)).text.contains("Pay 2400 JPY"))
        }
    }

    @Test(arguments: [
        ("4242424242424241", "12/40", "123", "Ann", "number"), ("", "12/40", "123", "Ann", "number"),
        ("4242424242424242", "13/40", "123", "Ann", "expiry"), ("4242424242424242", "12/20", "123", "Ann", "expiry"),
        ("4242424242424242", "soon", "123", "Ann", "expiry"), ("4242424242424242", "12/40", "1x3", "Ann", "cvc"),
        ("4242424242424242", "12/40", "", "Ann", "cvc"), ("4242424242424242", "12/40", "123", " ", "name"),
    ])
    func marksTheInvalidField(
        _ number: String, _ expiry: String, _ cvc: String, _ name: String, _ field: String
    ) async throws {
        try await SandboxHarness.with { harness async throws in
            let session = try await harness.newSession()
            let page = try await harness.pay(session, card: number, expiry: expiry, cvc: cvc, name: name)
            #expect(page.status == 422)
            #expect(page.text.contains("aria-invalid=\"true\" aria-describedby=\"\(field)-error\""))
            #expect(number.isEmpty || !page.text.contains("value=\"\(number)\""))
            #expect(harness.sandbox.change { state, _ in state.ledger.charges.all.isEmpty })
        }
    }

    @Test func numberOutsideTheTestListIsDeclined() async throws {
        try await SandboxHarness.with { harness async throws in
            let session = try await harness.newSession()
            let page = try await harness.pay(session, card: "4111111111111111")
            #expect(page.status == 402 && page.text.contains("non test card"))
        }
    }

    @Test func closedPageExplainsItself() async throws {
        try await SandboxHarness.with { harness async throws in
            let (session, _) = try await harness.paid()
            let url = "\(harness.base)/c/pay/\(session.id)"
            let page = try await harness.get(url)
            #expect(page.status == 200 && page.text.contains("already paid"))
            #expect(page.text.contains("http://shop.test/orders/1?session=\(session.id)"))
            // Submitting the form again does not pay again.
            #expect(try await harness.pay(session, card: "4242424242424242").status == 200)
            #expect(harness.sandbox.change { state, _ in state.ledger.charges.all.count } == 1)
            #expect(try await harness.get("\(harness.base)/c/pay/cs_test_unknown").status == 404)
            #expect(try await harness.pay(session, card: "4242424242424242", expiry: "%%%").status == 422)
        }
    }

    /// The last second of a month and the first second of the next, in UTC.
    @Test(
        arguments: [
            ("02/2000", 951_868_799), ("02/24", 1_709_251_199), ("12/26", 1_798_761_599), ("12/2099", 4_102_444_799),
            ("02/2100", 4_107_542_399),
        ] as [(String, Int64)])
    func cardExpiresAtTheEndOfItsMonth(_ expiry: String, _ lastSecond: Int64) {
        let fields = ["number": "4242424242424242", "expiry": expiry, "cvc": "123", "name": "Ann"]
        let form = CardForm(.branch(fields.mapValues(FormTree.value)))
        #expect(throws: Never.self) { try form.card(at: lastSecond).get() }
        let error = #expect(throws: CardForm.Errors.self) { try form.card(at: lastSecond + 1).get() }
        #expect(error.map { Array($0.byField.keys) } == [.expiry])
    }
}
