import CurlClient
import Marketplace
import Stripe
import Testing

@testable import StripeSandbox

@Suite(.timeLimit(.minutes(1)))
struct PageTests {
    @Test func showsWhatIsBoughtAndNothingUnescaped() async throws {
        try await RunningSandbox.with { running async throws in
            let session = try await running.newSession()
            let page = try await running.get(try #require(session.url))
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

    @Test func showsAmountsWithoutDecimalsWhereThereAreNone() async throws {
        try await RunningSandbox.with { running async throws in
            let session = try await running.stripe.send(
                .createCheckoutSession(RunningSandbox.parameters(unitAmount: 1_200, currency: "JPY"), key: "k"),
                as: CheckoutSession.self)
            #expect(try await running.get(try #require(session.url)).text.contains("Pay 2400 JPY"))
        }
    }

    @Test(arguments: [
        ("4242424242424241", "12/40", "123", "Ann", "number"), ("", "12/40", "123", "Ann", "number"),
        ("4242424242424242", "13/40", "123", "Ann", "expiry"), ("4242424242424242", "12/20", "123", "Ann", "expiry"),
        ("4242424242424242", "soon", "123", "Ann", "expiry"), ("4242424242424242", "12/40", "1x3", "Ann", "cvc"),
        ("4242424242424242", "12/40", "", "Ann", "cvc"), ("4242424242424242", "12/40", "123", " ", "name"),
    ])
    func pointsAtTheFieldThatIsWrong(
        _ number: String, _ expiry: String, _ cvc: String, _ name: String, _ field: String
    ) async throws {
        try await RunningSandbox.with { running async throws in
            let session = try await running.newSession()
            let page = try await running.pay(session, card: number, expiry: expiry, cvc: cvc, name: name)
            #expect(page.status == 422)
            #expect(page.text.contains("aria-invalid=\"true\" aria-describedby=\"\(field)-error\""))
            #expect(number.isEmpty || !page.text.contains("value=\"\(number)\""))
            #expect(running.sandbox.change { state, _ in state.ledger.charges.all.isEmpty })
        }
    }

    @Test func anyOtherNumberIsNoTestCard() async throws {
        try await RunningSandbox.with { running async throws in
            let session = try await running.newSession()
            let page = try await running.pay(session, card: "4111111111111111")
            #expect(page.status == 402 && page.text.contains("non test card"))
        }
    }

    @Test func explainsItselfOnceItIsOver() async throws {
        try await RunningSandbox.with { running async throws in
            let (session, _) = try await running.paid()
            let url = "\(running.base)/c/pay/\(session.id)"
            let page = try await running.get(url)
            #expect(page.status == 200 && page.text.contains("already paid"))
            #expect(page.text.contains("http://shop.test/orders/1?session=\(session.id)"))
            // A second click on Pay is no second payment.
            #expect(try await running.pay(session, card: "4242424242424242").status == 200)
            #expect(running.sandbox.change { state, _ in state.ledger.charges.all.count } == 1)
            #expect(try await running.get("\(running.base)/c/pay/cs_test_nobody").status == 404)
            #expect(try await running.pay(session, card: "4242424242424242", expiry: "%%%").status == 422)
        }
    }

    @Test(
        arguments: [
            (0, 1970, 1, 1), (951_782_400, 2000, 2, 29), (951_868_800, 2000, 3, 1), (1_709_164_800, 2024, 2, 29),
            (1_798_675_200, 2026, 12, 31), (4_102_444_799, 2099, 12, 31), (4_107_542_400, 2100, 3, 1),
        ] as [(Int64, Int, Int, Int)])
    func knowsTheCalendar(_ seconds: Int64, _ year: Int, _ month: Int, _ day: Int) {
        let date = CivilDate(secondsSince1970: seconds)
        #expect((date.year, date.month, date.day) == (year, month, day))
    }
}
