import Marketplace
import Support
import Testing

@testable import API

/// The steps in which a seller lists tickets for a performance, with real workers and no script.
@Suite(.timeLimit(.minutes(2))) struct DraftPagesTests {
    private static let seats = ["section": "Block C", "row": "4", "seats": "11-14", "splitRule": "pairs"]

    @Test func aDraftIsContinuedAndListedOnce() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools + [.catalogue])
        let seller = try await TestUser.signUp(at: api)
        let performance = try await TestUser.admin(at: api).propose()
        let price =
            try await seller.sellInSteps(for: performance, Self.seats, steps: 1)
            .expect(303)[header: "Location"] ?? ""
        #expect(price.hasPrefix("/sell/") && price.hasSuffix("/price"))

        // The draft is in the seller's list, and on the page where its event was chosen again.
        let list = try await seller.page("/listings").text
        #expect(list.contains("href=\"\(price)\"") && list.contains("4 tickets") && list.contains("Vespertine"))
        let draft = price.replacing("/price", with: "")
        #expect(try await seller.page("/sell?performance=\(performance)").text.contains("href=\"\(draft)/tickets\""))
        // Without a price there is nothing to check yet.
        #expect(try await seller.browser.visit("\(draft)/review").expect(303)[header: "Location"] == price)

        let review =
            try await seller.browser.send(try await seller.form(price).filled(["price": "45", "currency": "EUR"]))
            .expect(303)[header: "Location"] ?? ""
        let page = try await seller.page(review).text
        for text in ["Block C", "Only in pairs", "4 tickets", "€45.00", "€180.00", "<li>11</li>"] {
            #expect(page.contains(text), "\(text)")
        }
        // A step that is changed later leads back to the last step.
        let tickets = try await seller.form("\(draft)/tickets")
        #expect(tickets["seats"] == "11, 12, 13, 14" && tickets["splitRule"] == "pairs")
        let changed = try await seller.browser.send(tickets.filled(["note": "A fine view."])).expect(303)
        #expect(changed[header: "Location"] == review)

        // The seller has not seen the note in the last step, so nothing is listed.
        let stale = try #require(HTMLForm(page, to: review))
        let again = try await seller.browser.send(stale).expect(409).text
        #expect(again.contains("These tickets were changed in the meantime") && again.contains("A fine view."))
        let form = try #require(HTMLForm(again, to: review))
        let answers = try await concurrently(2) { _ in try await seller.browser.send(form).expect(303) }
        let listing = try #require(answers[0][header: "Location"])
        #expect(answers[1][header: "Location"] == listing)
        #expect(try await seller.browser.send(form).expect(303)[header: "Location"] == listing)
        let made = try await seller.browser.get("/api\(listing)").expect(200).json
        #expect(made["seats"] == ["11", "12", "13", "14"] && made["price"] == 4500 && made["note"] == "A fine view.")

        // The draft is gone.
        #expect(!(try await seller.page("/listings").text.contains("Unfinished")))
        for step in ["tickets", "price", "review"] { _ = try await seller.page("\(draft)/\(step)", 404) }
        #expect(try await seller.browser.send(stale.filled(["key": "\(ListingID.new())"])).status == 404)
        try await api.stop()
    }

    @Test func theSameFormSentAgainChangesItsDraft() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools + [.catalogue])
        let seller = try await TestUser.signUp(at: api)
        let performance = try await TestUser.admin(at: api).propose()
        let form = try await seller.form("/sell?performance=\(performance)", to: "/sell/tickets")
        let first = try await seller.browser.send(form.filled(["quantity": "2"])).expect(303)[header: "Location"]
        let second = try await seller.browser.send(form.filled(["quantity": "3"])).expect(303)[header: "Location"]
        #expect(first == second)
        let list = try await seller.page("/listings").text
        #expect(list.contains("3 tickets") && !list.contains("2 tickets"))
        let delete = try #require(HTMLForm.all(list).first { $0.action.hasSuffix("/delete") })
        #expect(try await seller.browser.send(delete).expect(303)[header: "Location"] == "/listings?done=deleted")
        #expect(!(try await seller.page("/listings").text.contains("Unfinished")))
        try await api.stop()
    }

    @Test func draftsOfOthersAreHidden() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools + [.catalogue])
        let (seller, other) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        let performance = try await TestUser.admin(at: api).propose()
        let price =
            try await seller.sellInSteps(for: performance, steps: 1)
            .expect(303)[header: "Location"] ?? ""
        let form = try await seller.form(price).filled(["price": "45"])
        for path in [
            price, price.replacing("/price", with: "/tickets"), "/sell/x/price", "/sell/\(ListingID.new())/price",
        ] {
            _ = try await other.page(path, 404)
        }
        #expect(try await other.browser.send(form).status == 404)
        // Deleting it changes nothing, and does not tell whether it exists.
        let delete = HTMLForm(
            to: price.replacing("/price", with: "/delete"), ["key": "\(ListingID.new())"])
        _ = try await other.browser.send(delete).expect(303)
        _ = try await seller.page(price)
        #expect(
            try await TestUser.browser(at: api).visit(price).expect(303)[header: "Location"]?.hasPrefix("/signin")
                == true)
        try await api.stop()
    }

    @Test func aFaultIsShownInItsStep() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools + [.catalogue])
        let seller = try await TestUser.signUp(at: api)
        let performance = try await TestUser.admin(at: api).propose()
        let odd = try await seller.sellInSteps(for: performance, ["quantity": "3", "splitRule": "pairs"])
        #expect(try odd.expect(400).text.contains("id=\"splitRule-error\""))
        let contact = try await seller.sellInSteps(for: performance, ["note": "Call +49 170 1234567"])
        #expect(try contact.expect(400).text.contains("id=\"note-error\""))
        let cheap = try await seller.sellInSteps(for: performance, ["price": "0.10"])
        #expect(try cheap.expect(400).text.contains("id=\"price-error\""))
        for query in ["", "?seats=", "?seats=1-99", "?seats=1,4", "?seats=%3Cb%3E,%3Ci%3E"] {
            #expect(try await seller.browser.visit("/sell/row\(query)").expect(200).text == "", "\(query)")
        }
        #expect(
            try await seller.browser.visit("/sell/row?seats=11-12").expect(200).text.contains("<li>11</li><li>12</li>"))
        try await api.stop()
    }
}
