import CurlClient
import Marketplace
import Support
import Testing

@testable import API

/// Selling tickets for an event of the catalogue, and adding an event, with real workers and no script.
@Suite(.timeLimit(.minutes(2))) struct ProposePagesTests {
    private static let fields = [
        "title": "Fog & \"Fern\"", "category": "comedy", "performers": "Ana\n\n Ben ", "venue": "Mehrspur",
        "city": "Zürich", "address": "Waldmannstrasse 12", "country": "CH", "place": "ch-zh",
        "timeZone": "Europe/Zurich", "startsAt": TestUser.evening, "doorsAt": "19:00",
    ]

    @Test func sellerChoosesTheEventFirst() async throws {
        let api = try await RunningAPI.start(workers: EventPagesTests.pools)
        let (admin, seller) = (try await TestUser.admin(at: api), try await TestUser.signUp(at: api))
        let id = try await admin.propose()
        let start = try await seller.page("/sell").text
        #expect(start.contains("What are you selling?") && start.contains("href=\"/sell?performance=\(id)\""))
        #expect(try await seller.page("/sell?q=vespertien").text.contains("Showing results for “vespertine”."))
        #expect(try await seller.page("/sell?q=zzzzqqqq").text.contains("No events found for “zzzzqqqq”."))
        #expect(try await seller.page("/sell?q=zzzzqqqq").text.contains("href=\"/propose?title=zzzzqqqq\""))

        let form = try await seller.form("/sell?performance=\(id)", to: "/sell/tickets")
        #expect(form["performance"] == id && !form.inputs.contains { $0.name == "title" || $0.name == "startsAt" })
        let wrong = try await seller.browser.send(form.filled(["quantity": "x"])).expect(422).text
        #expect(wrong.contains("quantity-error") && HTMLForm(wrong, to: "/sell/tickets")?["performance"] == id)
        let ticket = try await seller.sell(for: id, ["section": "C"])
        let made = try await seller.browser.get("/api\(ticket)").expect(200).json
        #expect(made["performanceId"].string == id && made["title"] == "Vespertine" && made["section"] == "C")
        #expect(made["venue"] == "Harpa" && made["startsAt"] == "2099-08-01T19:30:00.000Z")
        let edit = try await seller.form("\(ticket)/edit")
        #expect(edit["section"] == "C" && !edit.inputs.contains { $0.name == "title" })
        _ = try await seller.browser.send(edit.filled(["section": "D", "price": "50"])).expect(303)
        let changed = try await seller.browser.get("/api\(ticket)").expect(200).json
        #expect(changed["section"] == "D" && changed["price"] == 5000 && changed["title"] == "Vespertine")

        // A form without an event asks for all details of the show.
        let other = try await seller.form("/sell?event=other", to: "/sell").filled(TestUser.listingFields)
        let plain = try await seller.browser.send(other).expect(303)[header: "Location"] ?? ""
        #expect(try await seller.browser.get("/api\(plain)").expect(200).json["performanceId"] == .null)
        for path in ["/sell?performance=x", "/sell?performance=\(ListingID.new())"] {
            _ = try await seller.page(path, 404)
        }
        _ = try await seller.browser.send(form.filled(["performance": "x"])).expect(404)
        try await api.stop()
    }

    @Test func sellerAddsAnEventAndListsTickets() async throws {
        let api = try await RunningAPI.start(workers: EventPagesTests.pools)
        let (admin, seller) = (try await TestUser.admin(at: api), try await TestUser.signUp(at: api))
        #expect(
            try await TestUser.browser(at: api).visit("/propose").expect(303)[header: "Location"]
                == "/signin?next=%2Fpropose")
        let empty = try await seller.form("/propose?title=Fog", to: "/propose")
        #expect(empty["title"] == "Fog" && empty.button == "Continue")
        let faults = try await seller.browser.send(
            empty.filled(Self.fields).filled([
                "title": " ", "category": "x", "country": "XX", "place": "US-NY", "startsAt": "2001-01-01T20:00",
                "performers": Array(repeating: "x", count: 13).joined(separator: "\n"),
            ])
        ).expect(422).text
        for field in ["title", "category", "country", "startsAt", "performers"] {
            #expect(faults.contains("id=\"\(field)-error\""), "\(field)")
        }
        // Foundation stops the process when it reads such a zone.
        for (form, path) in [
            (empty, "/propose"), (try await seller.form(SellPages.unlistedPath, to: "/sell"), "/sell"),
        ] {
            let text = try await seller.browser.send(form.filled(["timeZone": "GMT-6...3"])).expect(422).text
            #expect(text.contains("id=\"timeZone-error\""), "\(path)")
        }
        let late = try await seller.browser.send(empty.filled(Self.fields).filled(["doorsAt": "20:30"])).expect(422)
        #expect(late.text.contains("id=\"doorsAt-error\""))

        let form = empty.filled(Self.fields)
        let path = try await seller.browser.send(form).expect(303)[header: "Location"] ?? ""
        #expect(try await seller.browser.send(form).expect(303)[header: "Location"] == path)
        let id = path.replacing("/sell?performance=", with: "")
        #expect(try await seller.page(path).text.contains("they go on sale when we publish it"))
        let ticket = try await seller.sell(for: id)
        let anybody = TestUser.browser(at: api)
        #expect(try await !anybody.visit(ticket).expect(200).text.contains("data-live"))

        // Another user can't list tickets for the proposal.
        _ = try await TestUser.signUp(at: api).page(path, 404)
        let decide = "/admin/catalogue/performances/\(id)"
        let publish = try await admin.form(decide, to: decide + "/approve")
        #expect(try await admin.browser.send(publish).expect(303)[header: "Location"] == decide)
        while try await !anybody.visit(ticket).expect(200).text.contains("data-live") {}
        let page = try await anybody.visit("/performances/\(id)", headers: ["Accept-Language": "en-GB"]).expect(200)
            .text
        #expect(
            page.contains("Fog &amp; &quot;Fern&quot;") && page.contains("doors 19:00") && page.contains("Ana, Ben"))

        // If the catalogue already has the event and the venue, they are used: for a new date, and for the same date.
        let again = try await seller.form("/propose").filled(Self.fields).filled([
            "title": "FOG & „Fern“", "city": "zurich", "venue": "mehrspur",
        ])
        #expect(try await seller.browser.send(again).expect(303)[header: "Location"] == path)
        let later = try await seller.browser.send(again.filled(["startsAt": "2099-06-01T20:00"])).expect(303)
        let other = later[header: "Location"]?.replacing("/sell?performance=", with: "") ?? ""
        let (one, two) = (
            try await seller.browser.get("/api/performances/\(id)").expect(200).json,
            try await seller.browser.get("/api/performances/\(other)").expect(200).json
        )
        #expect(one["eventId"] == two["eventId"] && one["venue"]["id"] == two["venue"]["id"] && other != id)
        try await api.stop()
    }
}
