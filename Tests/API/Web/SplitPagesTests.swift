import Marketplace
import Support
import Testing

@testable import API

/// Split rules on the pages, with real workers and no script.
@Suite(.timeLimit(.minutes(2))) struct SplitPagesTests {
    @Test func buyersChooseFromThePossibleQuantities() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        let ticket = try await seller.sell(["quantity": "6", "splitRule": "pairs"])
        let page = try await buyer.browser.visit(ticket).text
        #expect(page.contains("Only in pairs"))
        #expect(Self.choices(page) == ["2 tickets", "4 tickets", "6 tickets"])
        #expect(!page.contains("<dt>3 tickets"))

        // A form that another build has rendered may send any quantity.
        let refused = try await buyer.browser.send(TestUser.holdForm(ticket, quantity: "3")).expect(409).text
        #expect(refused.contains("sell 3 tickets together now"))
        #expect(refused.contains("No tickets are reserved yet") && refused.contains("2, 4 or 6"))
        let again = try #require(HTMLForm(refused, to: ticket + "/orders"))
        #expect(again["quantity"] == "4")
        _ = try await buyer.browser.send(again).expect(303)

        let other = try await TestUser.signUp(at: api)
        #expect(Self.choices(try await other.browser.visit(ticket).text) == ["2 tickets"])
        let asked = try await other.browser.visit(ticket + "?quantity=5").text
        #expect(HTMLForm(asked, to: ticket + "/orders")?["quantity"] == "2")
        try await api.stop()
    }

    @Test func sellersChooseARule() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools)
        let seller = try await TestUser.signUp(at: api)
        let form = try await seller.form("/sell").filled(TestUser.listingFields)
        #expect(form["splitRule"] == "any")
        let odd = try await seller.browser.send(form.filled(["splitRule": "pairs"])).expect(400)
        #expect(odd.text.contains("An odd number of tickets") && odd.text.contains("id=\"splitRule-error\""))
        let wrong = try await seller.browser.send(
            form.filled(["splitRule": "custom", "splitQuantities": "two"])
        ).expect(422)
        #expect(wrong.text.contains("id=\"splitQuantities-error\""))
        let mended = try #require(HTMLForm(wrong.text, to: "/sell")).filled(["splitQuantities": "3 , 1"])
        let ticket = try await seller.browser.send(mended).expect(303)[header: "Location"] ?? ""
        let made = try await seller.browser.get("/api\(ticket)").json
        #expect(made["splitRule"] == "1,3" && made["splits"] == [1, 3])

        let edit = try await seller.form(ticket + "/edit")
        #expect(edit["splitRule"] == "custom" && edit["splitQuantities"] == "1, 3")
        _ = try await seller.browser.send(edit.filled(["splitRule": "all_together"])).expect(303)
        #expect(try await seller.browser.get("/api\(ticket)").json["splitRule"] == "all_together")
        let free = try await seller.form(ticket + "/edit").filled(["splitRule": "any"])
        _ = try await seller.browser.send(free).expect(303)
        #expect(try await seller.browser.get("/api\(ticket)").json["splitRule"] == .null)
        try await api.stop()
    }

    @Test func aRuleBeyondTheBuyersLimitIsExplained() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools, ["UNITS_PER_BUYER": "5"])
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        let form = try await seller.form("/sell").filled(TestUser.listingFields)
            .filled(["quantity": "6", "splitRule": "all_together"])
        let refused = try await seller.browser.send(form).expect(400).text
        #expect(refused.contains("at most 5 tickets of one listing"))

        let ticket = try await seller.sell(["quantity": "6", "splitRule": "custom", "splitQuantities": "3"])
        let order = try #require(HTMLForm(try await buyer.browser.visit(ticket).text, to: ticket + "/orders"))
        let path = try #require(try await buyer.browser.send(order).expect(303)[header: "Location"])
        #expect(!(try await buyer.browser.visit(ticket).text.contains("Add more")))
        let id = path.split(separator: "/").last ?? ""
        let page = try await buyer.browser.visit(ticket + "?more=\(id)").text
        #expect(page.contains("only in quantities of 3, and you can get at most 2"))
        #expect(HTMLForm(page, to: ticket + "/orders") == nil)
        try await api.stop()
    }

    /// The texts of all options on a page, which has only one `<select>`.
    private static func choices(_ page: String) -> [String] {
        page.split(separator: "<option").dropFirst().compactMap { option in
            option.split(separator: ">", maxSplits: 1).last?.split(separator: "</option>").first.map(String.init)
        }
    }
}
