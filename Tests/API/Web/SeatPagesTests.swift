import Marketplace
import Support
import Testing

@testable import API

/// Listings with seats on the pages, with real workers and no script.
@Suite(.timeLimit(.minutes(2))) struct SeatPagesTests {
    private static let place = ["section": "B", "row": "7"]

    @Test func sellersNameSeatsAndBuyersChooseThem() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools + [.catalogue])
        let (seller, buyer) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        let performance = try await TestUser.admin(at: api).propose()
        let ticket = try await seller.sell(
            for: performance, Self.place.merging(["seats": "11-14", "quantity": "", "splitRule": "pairs"]) { $1 })
        let made = try await seller.browser.get("/api\(ticket)").json
        #expect(made["seats"] == ["11", "12", "13", "14"] && made["quantity"] == 4)

        let page = try await buyer.browser.visit(ticket).text
        #expect(page.contains("<dt>Seats</dt><dd>11–14</dd>") && page.contains("aria-label=\"Seats 11–14\""))
        #expect(page.contains("13–14 (2 tickets)") && !page.contains("12–13 (2 tickets)"))
        let other = try await TestUser.signUp(at: api)
        let before = try #require(HTMLForm(try await other.browser.visit(ticket).text, to: ticket + "/orders"))
        let form = try #require(HTMLForm(page, to: ticket + "/orders")).filled(["seats": "13, 14"])
        for wrong in ["1-9999", ",", String(repeating: "1,", count: 500)] {
            _ = try await buyer.browser.send(form.filled(["seats": wrong])).expect(415)
        }
        let order = try #require(try await buyer.browser.send(form).expect(303)[header: "Location"])
        #expect(try await buyer.browser.visit(order).text.contains("<dt>Seats</dt><dd>13–14 together</dd>"))

        let date = try await buyer.browser.visit("/performances/\(performance)").text
        #expect(date.contains("B, row 7, seats 11–12 together"))
        let late = try await other.browser.send(before.filled(["seats": "13, 14"])).expect(409).text
        #expect(late.contains("these seats") && late.contains("Seats 13 and 14 are no longer free."))
        try await api.stop()
    }

    @Test func seatsStayAsTheyAre() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools + [.catalogue])
        let seller = try await TestUser.signUp(at: api)
        let performance = try await TestUser.admin(at: api).propose()
        let ticket = try await seller.sell(for: performance, Self.place.merging(["seats": "1, 3, 5"]) { $1 })
        let edit = try await seller.page(ticket + "/edit").text
        #expect(edit.contains("Seats can't be changed.") || edit.contains("Seats can&#39;t be changed."))
        let form = try #require(HTMLForm(edit, to: ticket + "/edit"))
        #expect(form["quantity"] == nil && form["section"] == nil && form["seats"] == nil)
        _ = try await seller.browser.send(form.filled(["price": "50.00"])).expect(303)
        let after = try await seller.browser.get("/api\(ticket)").json
        #expect(after["price"] == 5000 && after["seats"] == ["1", "3", "5"])
        try await api.stop()
    }

    @Test func faultsOfSeatsAreShownAtTheirField() async throws {
        let api = try await RunningAPI.start(workers: SellPagesTests.pools + [.catalogue])
        let seller = try await TestUser.signUp(at: api)
        let performance = try await TestUser.admin(at: api).propose()
        func sell(_ seats: String, in place: [String: String] = Self.place) async throws -> TestResponse {
            try await seller.sellInSteps(for: performance, place.merging(["seats": seats]) { $1 })
        }
        let placeless = try await sell("11-12", in: [:]).expect(422).text
        #expect(placeless.contains("id=\"section-error\"") && placeless.contains("id=\"row-error\""))
        #expect(try await sell("1-99").expect(422).text.contains("id=\"seats-error\""))
        let apart = try await sell("1, 4").expect(400).text
        #expect(apart.contains("Seats must be next to each other. List the others separately."))
        _ = try await sell("1, 2").expect(303)
        #expect(try await sell("2").expect(409).text.contains("Seat 2 is already listed."))
        try await api.stop()
    }

    @Test func rangesCountInTheStepBeforeThem() {
        for (text, names) in [
            ("11-14", ["11", "12", "13", "14"]), ("11, 12 13", ["11", "12", "13"]), ("1, 3-7", ["1", "3", "5", "7"]),
            ("14 – 12", ["14", "13", "12"]), ("A1-A3", ["A1", "A2", "A3"]), ("a1-3", ["a1", "a2", "a3"]),
            ("1" + String(repeating: " ", count: 700) + "2", ["1", "2"]), ("- 1 -", ["-1-"]), ("1 -\t– 3", ["1--3"]),
            ("09-11", ["09", "10", "11"]), ("B-7, B-8", ["B-7", "B-8"]), ("7;8", ["7", "8"]),
            ("4, 2-6", ["4", "2", "3", "4", "5", "6"]),
            // Numbers that could overflow.
            ("-9223372036854775808,1-2", ["-9223372036854775808", "1", "2"]),
            ("A-9223372036854775808, A1-2", ["A-9223372036854775808", "A1", "A2"]),
        ] {
            #expect(SeatText.names(text) == names, "\(text)")
        }
        #expect(SeatText.names("1-65") == nil && SeatText.names("1-64")?.count == 64)
        #expect(SeatText.together(["11", "12"]) == "seats 11–12 together" && SeatText.of(["7"]) == "seat 7")
        #expect(SeatText.of(["1", "3"]) == "seats 1, 3" && SeatText.list(["C", "D"]) == "C, D")
    }
}
