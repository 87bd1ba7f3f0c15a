import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// Fees and limits on pages and in the JSON API, with real workers and no script.
@Suite(.timeLimit(.minutes(2))) struct PricingPagesTests {
    private static let file = """
        {"fees": [{"currency": "EUR", "buyerBp": 500, "buyerFixed": 50, "sellerBp": 250, "validFrom": "2020-01-01"}],
         "policies": [{"jurisdiction": "IS", "name": "Iceland", "status": "in_force", "basis": "original_total",
            "validFrom": "2020-01-01", "source": "A law of tests", "checkedOn": "2026-11-28"}]}
        """

    private func start(_ text: String? = file) async throws -> RunningAPI {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools + [.catalogue])
        guard let text else { return api }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".json").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try await ProductProcess.run("gittix", ["policies", "apply", path, "--execute"], environment: api.environment)
        return api
    }

    @Test func aBuyerSeesTheWholePriceFirstAndPaysIt() async throws {
        let api = try await start()
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        let ticket = try await seller.sell(["faceValue": "50.00"])
        let json = try await buyer.browser.get("/api\(ticket)").json
        #expect(json["price"] == 4500 && json["allIn"] == 4775 && json["faceValue"] == 5000)
        #expect(json["breakdown"]["youGet"] == 4387)
        let page = try await buyer.browser.visit(ticket).text
        #expect(page.contains("€47.75") && page.contains("each · fees included"))
        #expect(page.contains("<summary>Price details</summary>") && page.contains("€2.75"))
        #expect(page.contains("Original price") && page.contains("€50.00"))
        #expect(page.contains(#""price":"47.75""#))
        let list = try await buyer.browser.visit("/tickets").text
        #expect(list.contains("€47.75") && !list.contains("€45.00"))

        let changed = try await buyer.browser.send(TestUser.holdForm(ticket, price: "4500")).expect(409).text
        #expect(changed.contains("The price has changed") && changed.contains("€47.75"))
        let again = try #require(HTMLForm(changed, to: ticket + "/orders")).filled(["quantity": "2"])
        let order = try await buyer.browser.send(again).expect(303)[header: "Location"] ?? ""
        let facts = try await buyer.browser.visit(order).text
        #expect(facts.contains("Pay €95.50") && facts.contains("2 × €47.75") && facts.contains("€2.75"))
        #expect(try await buyer.browser.get("/api\(order)").json["total"] == 9550)
        #expect(try await seller.browser.visit("/listings").text.contains("you get €43.87"))
        try await api.stop()
    }

    @Test func withoutRulesNothingIsAdded() async throws {
        let api = try await start(nil)
        let seller = try await TestUser.signUp(at: api)
        let ticket = try await seller.sell()
        let page = try await TestUser.browser(at: api).visit(ticket).text
        #expect(page.contains("€45.00") && page.contains("each · no fees") && !page.contains("Price details"))
        #expect(try await TestUser.browser(at: api).visit("/fees").text.contains("There are no fees"))
        let policies = try await TestUser.browser(at: api).get("/api/policies").json
        #expect(policies["fees"] == [] && policies["policies"] == [])
        try await api.stop()
    }

    @Test func aPriceAboveTheLimitIsExplained() async throws {
        let api = try await start()
        let admin = try await TestUser.admin(at: api)
        let seller = try await TestUser.signUp(at: api)
        let performance = try await admin.propose()
        let values = ["price": "60", "quantity": "1"]
        let missing = try await seller.sellInSteps(for: performance, values).expect(400).text
        #expect(missing.contains("Enter what the ticket cost") && missing.contains("id=\"faceValue-error\""))
        let form = try #require(HTMLForm(missing, having: "facevalue"))
        let above = try await seller.browser.send(form.filled(["faceValue": "50"])).expect(409).text
        #expect(above.contains("In Iceland a ticket may be resold for at most what it cost: 50.00 EUR."))
        // The form shows the limit in the visitor's number format, with a link to the law.
        #expect(above.contains("at most <span class=\"number\">€50.00</span>") && above.contains("/law/IS"))
        #expect(above.contains("You get <strong class=\"number\">€58.50</strong>"))
        let mended = try #require(HTMLForm(above, to: form.action)).filled(["price": "50"])
        let review = try await seller.browser.send(mended).expect(303)[header: "Location"] ?? ""
        _ = try await seller.browser.send(try await seller.form(review)).expect(303)

        let body: JSON = [
            "performanceId": .string(performance), "price": 5001, "currency": "EUR", "faceValue": 5000,
        ]
        let problem = try await seller.browser.post("/api/tickets", body).expect(409).json
        #expect(problem["type"] == "urn:gittix:problem:price-above-cap" && problem["max"] == 5000)
        #expect(problem["basis"] == "original_total" && problem["policy"] == "IS")
        #expect(problem["source"] == "A law of tests")
        try await api.stop()
    }

    @Test func quotesAndTheLawAreShown() async throws {
        let api = try await start()
        let admin = try await TestUser.admin(at: api)
        let performance = try await admin.propose()
        let browser = TestUser.browser(at: api)
        let quote = try await browser.get(
            "/api/quotes?performance=\(performance)&ask=6000&currency=EUR&faceValue=5000"
        ).expect(200).json
        #expect(quote["youGet"] == 5850 && quote["buyerPays"] == 6350 && quote["max"] == 5000)
        #expect(quote["policy"]["jurisdiction"] == "IS" && quote["refusal"]["code"] == "price-above-cap")
        #expect(try await browser.get("/api/quotes?ask=6000&currency=EUR").json["refusal"] == .null)
        for wrong in ["", "?ask=0", "?ask=5&currency=XXX", "?ask=1&x=1", "?ask=1&performance=1"] {
            _ = try await browser.get("/api/quotes\(wrong)").expect(400)
        }
        let law = try await browser.visit("/law/IS").expect(200).text
        #expect(law.contains("Ticket prices in Iceland") && law.contains("A law of tests"))
        #expect(law.contains("A ticket may be resold for at most what it cost."))
        _ = try await browser.visit("/law/DE").expect(404)
        let fees = try await browser.visit("/fees").expect(200).text
        #expect(fees.contains("5 % + €0.50") && fees.contains("2.5 %") && fees.contains("/law/IS"))
        #expect(try await browser.visit("/").text.contains("href=\"/fees\""))
        let part = try await browser.visit("/sell/quote?price=19%2C99&currency=EUR").expect(200).text
        #expect(part.contains("You get") && part.contains("buyer pays"))
        try await api.stop()
    }
}
