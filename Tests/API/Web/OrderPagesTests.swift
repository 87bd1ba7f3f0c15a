import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// The pages of an order, with real workers and no script. The journey tests cover paying.
@Suite(.timeLimit(.minutes(2))) struct OrderPagesTests {
    @Test func orderIsShownToItsBuyerAndCancelled() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        #expect(try await buyer.page("/orders").text.contains("haven't ordered any tickets"))
        let ticket = try await seller.sell(["title": "<i>Nord</i>", "note": "</dd><script>1</script>\nB"])
        let order = try await buyer.hold(ticket, quantity: "2")

        let page = try await buyer.page(order)
        #expect(page.text.contains("data-live=\"/live\(order)\"") && page.text.contains("data-countdown=\"20"))
        #expect(page.text.contains("data-status=\"awaiting_payment\"") && page.text.contains("€90.00"))
        #expect(page.text.contains("<a href=\"\(ticket)\">&lt;i&gt;Nord&lt;/i&gt;</a>"))
        #expect(!page.text.contains("<script>1") && page[header: "Cache-Control"] == "no-store")
        #expect(HTMLForm(page.text, to: order + "/pay")?.button == "Pay €90.00")
        #expect(!page.text.contains("http-equiv=\"refresh\""), "the page must not refresh")

        // Other users have no access.
        #expect(try await seller.page(order, 403).text.contains("<h1>Not allowed</h1>"))
        #expect(try await TestUser.browser(at: api).visit(order).status == 303)
        for path in ["/orders/\(OrderID.new())", "/orders/x", "/orders/x/cancel"] {
            _ = try await buyer.page(path, 404)
        }

        #expect(page.text.contains("href=\"\(order)/cancel\""))
        let form = try await buyer.form(order + "/cancel")
        #expect(try await seller.browser.send(form).status == 403)
        for _ in 0..<2 { #expect(try await buyer.browser.send(form).expect(303)[header: "Location"] == order) }
        let cancelled = try await buyer.page(order)
        #expect(cancelled.text.contains("data-status=\"cancelled\"") && cancelled.text.contains("You cancelled"))
        // "Order again" asks for the same number of tickets.
        let again = try #require(cancelled.text.firstMatch(of: /href="([^"]+)">Order again/)?.1)
        #expect(again == "\(ticket)?quantity=2")
        #expect(try await buyer.form(String(again), to: ticket + "/orders")["quantity"] == "2")
        #expect(try await buyer.form(ticket + "?quantity=99", to: ticket + "/orders")["quantity"] == "3")
        #expect(try await buyer.form(ticket + "?quantity=x", to: ticket + "/orders")["quantity"] == "1")
        #expect(HTMLForm(cancelled.text, to: order + "/pay") == nil)
        #expect(try await buyer.browser.visit(order + "/cancel").expect(303)[header: "Location"] == order)
        // The payment form of a page that was left open.
        let pay = try #require(HTMLForm(page.text, to: order + "/pay"))
        #expect(try await buyer.browser.send(pay).expect(303)[header: "Location"] == order)
        #expect(try await buyer.page("/orders").text.contains(">Cancelled by you</span>"))
        try await api.stop()
    }

    @Test(
        "Each status says what happens next",
        arguments: [
            (.awaitingPayment, nil, "awaiting_payment", "Reserved for you", true),
            (.confirmed, nil, "confirmed", "completing your payment", false),
            (.complete, nil, "complete", "tickets are yours", false),
            (.cancelled, .expired, "cancelled", "time to pay ran out", false),
            (.cancelled, .cancelledByBuyer, "cancelled", "You cancelled", false),
            (.cancelled, .buyerBanned, "cancelled", "suspended before", false),
            (.cancelled, .paymentFailed, "cancelled", "bank declined", false),
            (.refunded, nil, "refunded", "original payment method", false),
        ] as [(OrderState.Status, OrderState.Reason?, String, String, Bool)])
    func statusSaysWhatHappensNext(
        status: OrderState.Status, reason: OrderState.Reason?, shown: String, words: String, isPayable: Bool
    ) throws {
        let now = Timestamp.now()
        let text = try Self.render(Self.order(status, reason, expiresAt: now + .seconds(900)), now: now)
        #expect(text.contains("data-status=\"\(shown)\"") && text.contains(words), "\(text)")
        #expect(text.contains("/pay") == isPayable && text.contains("data-countdown") == isPayable)
        #expect(text.contains("Order again") == [.cancelled, .refunded].contains(status))
    }

    @Test("An order whose hold has expired can't be paid, even if it is not cancelled yet")
    func overdueOrderCannotBePaid() throws {
        let now = Timestamp.now()
        let text = try Self.render(Self.order(.awaitingPayment, nil, expiresAt: now), now: now)
        #expect(text.contains("data-status=\"awaiting_payment\"") && text.contains("If you just paid"))
        #expect(!text.contains("/pay") && !text.contains("data-countdown"))
    }

    private static func render(_ order: OrderState, now: Timestamp) throws -> String {
        try #require(Templates().render("order-live", OrderPages.live(order, Visitor(), now: now)))
    }

    private static func order(
        _ status: OrderState.Status, _ reason: OrderState.Reason?, expiresAt: Timestamp
    ) -> OrderState {
        OrderState(
            id: .new(), userId: .new(), ticketId: .new(), ticketTitle: "Nord", quantity: 2, price: 100, total: 200,
            currency: .usd, status: status, reason: reason, attempt: nil, expiresAt: expiresAt, createdAt: .now(),
            updatedAt: .now(), version: 1)
    }
}
