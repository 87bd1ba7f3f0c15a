import CurlClient
import Marketplace
import Support
import Testing

@testable import API

/// The admins' pages of the catalogue, with real workers and no script.
@Suite(.timeLimit(.minutes(2))) struct CurationPagesTests {
    private static let catalogue = "/admin/catalogue"

    private static func path(_ id: String) -> String { "\(catalogue)/performances/\(id)" }

    @Test func proposalsArePublishedAndRejected() async throws {
        let api = try await RunningAPI.start(workers: EventPagesTests.pools)
        let (admin, seller) = (try await TestUser.admin(at: api), try await TestUser.signUp(at: api))
        #expect(try await admin.page(Self.catalogue).text.contains("No proposals are waiting"))
        let good = try await seller.propose(["title": .string("Good <b>")])
        let bad = try await seller.propose(["title": "Bad", "venue": "Nowhere"])
        let list = try await admin.page(Self.catalogue).text
        #expect(list.contains("href=\"\(Self.path(good))\"") && list.contains("Good &lt;b&gt;"))
        #expect(list.contains("href=\"/admin/users/\(seller.id)\""))

        let publish = try await admin.form(Self.path(good), to: Self.path(good) + "/approve")
        for _ in 0..<2 {
            #expect(try await admin.browser.send(publish).expect(303)[header: "Location"] == Self.path(good))
        }
        #expect(try await admin.page(Self.path(good)).text.contains("Published"))
        // The page of a proposal links to a form that asks for confirmation.
        #expect(try await admin.page(Self.path(bad)).text.contains("href=\"\(Self.path(bad))/reject\""))
        let reject = try await admin.form(Self.path(bad) + "/reject")
        #expect(reject.button == "Reject")
        _ = try await admin.browser.send(reject).expect(303)
        #expect(try await admin.page(Self.path(bad)).text.contains("Rejected"))
        #expect(try await admin.browser.send(publish).expect(303)[header: "Location"] == Self.path(good))
        #expect(try await admin.page(Self.catalogue).text.contains("No proposals are waiting"))
        try await api.stop()
    }

    @Test func datesAreMovedPostponedAndCancelled() async throws {
        let api = try await RunningAPI.start(workers: EventPagesTests.pools)
        let admin = try await TestUser.admin(at: api)
        let id = try await admin.propose()
        let path = Self.path(id)
        let anybody = TestUser.browser(at: api)
        let form = try await admin.form(path, to: path + "/reschedule")
        #expect(form["startsAt"] == "2099-08-01T19:30" && form["doorsAt"] == "18:00")
        for (wrong, field) in [
            (["startsAt": "2001-01-01T20:00"], "startsAt"), (["startsAt": "x"], "startsAt"),
            (["doorsAt": "20:00"], "doorsAt"), (["doorsAt": "x"], "doorsAt"),
        ] {
            let page = try await admin.browser.send(form.filled(wrong)).expect(422).text
            #expect(page.contains("id=\"\(field)-error\""), "\(wrong)")
        }
        _ = try await admin.browser.send(form.filled(["startsAt": "2099-08-02T20:00"])).expect(303)
        #expect(try await anybody.visit("/performances/\(id)").expect(200).text.contains("2099-08-02T20:00:00.000Z"))
        // A form that shows an older version changes nothing.
        let stale = try await admin.browser.send(form.filled(["startsAt": "2099-08-03T20:00"])).expect(412).text
        #expect(stale.contains("role=\"alert\""))

        let postpone = try await admin.form(path + "/postpone")
        _ = try await admin.browser.send(postpone).expect(303)
        #expect(try await anybody.visit("/performances/\(id)").expect(200).text.contains("This event is postponed"))
        let date = try await admin.form(path, to: path + "/reschedule")
        #expect(date.button == "Set the new date")
        _ = try await admin.browser.send(date.filled(["startsAt": "2099-09-01T20:00", "doorsAt": ""])).expect(303)
        #expect(try await anybody.visit("/performances/\(id)").expect(200).text.contains("No tickets right now"))
        _ = try await admin.browser.send(try await admin.form(path + "/cancel")).expect(303)
        #expect(try await anybody.visit("/performances/\(id)").expect(200).text.contains("This event is cancelled"))
        #expect(HTMLForm(try await admin.page(path).text, to: path + "/reschedule") == nil)
        // A form from a page that was opened earlier is refused with an alert.
        #expect(try await admin.browser.send(postpone.filled(["key": ""])).expect(409).text.contains("role=\"alert\""))
        try await api.stop()
    }

    @Test func entriesAreChangedAndMerged() async throws {
        let api = try await RunningAPI.start(workers: EventPagesTests.pools)
        let admin = try await TestUser.admin(at: api)
        let id = try await admin.propose()
        let facts = try await admin.browser.get("/api/performances/\(id)").expect(200).json
        let (event, venue) = (facts["eventId"].string ?? "", facts["venue"]["id"].string ?? "")
        let eventPath = "\(Self.catalogue)/events/\(event)"
        let form = try await admin.form(eventPath)
        #expect(form["title"] == "Vespertine" && form["performers"] == "Björk\nChoir")
        #expect(
            try await admin.browser.send(form.filled(["category": "x"])).expect(422).text.contains("category-error"))
        _ = try await admin.browser.send(form.filled(["title": "Vesper <i>", "category": "classical"])).expect(303)
        #expect(try await admin.page(eventPath).text.contains("Vesper &lt;i&gt;"))
        #expect(try await admin.browser.send(form.filled(["title": "Old"])).expect(412).text.contains("role=\"alert\""))

        let venuePath = "\(Self.catalogue)/venues/\(venue)"
        let place = try await admin.form(venuePath)
        #expect(
            try await admin.browser.send(place.filled(["timeZone": "x"])).expect(422).text.contains("timeZone-error"))
        _ = try await admin.browser.send(place.filled(["venue": "Eldborg"])).expect(303)
        let performer = try #require(
            try await admin.page(eventPath).text.firstMatch(of: /href="(\/admin\/catalogue\/performers\/[^"]+)"/)?.1)
        let name = try await admin.form(String(performer))
        _ = try await admin.browser.send(name.filled(["name": "Bjork G."])).expect(303)
        while try await !admin.page("/performances/\(id)").text.contains("Bjork G.") {}
        #expect(try await admin.page("\(Self.catalogue)?q=eldborg").text.contains("href=\"\(venuePath)\""))
        #expect(try await admin.page("\(Self.catalogue)?q=zzzzqqqq").text.contains("Nothing found"))

        // The form first shows the two entries side by side. With an invalid id, it asks again.
        let same = try await admin.propose([
            "title": "Vesper", "venue": "Eldborg", "startsAt": "2099-08-01T20:00:00Z",
        ])
        #expect(try await admin.page(Self.path(same)).text.contains("Same venue, around the same time"))
        let loser = try await admin.browser.get("/api/performances/\(same)").expect(200).json["eventId"].string ?? ""
        func ask(_ into: String, _ status: Int) async throws -> String {
            let query = "kind=event&from=\(loser)&into=\(into)"
            return try await admin.page("\(Self.catalogue)/merge?\(query)", status).text
        }
        for wrong in ["", "x", loser, "\(ListingID.new())"] {
            #expect(try await ask(wrong, 422).contains("id=\"into-error\""), "\(wrong)")
        }
        let question = try await ask("http://host\(eventPath)", 200)
        #expect(question.contains("Are these the same event?") && question.contains("Vesper &lt;i&gt;"))
        let merge = try #require(HTMLForm(question, to: "\(Self.catalogue)/merge"))
        for _ in 0..<2 { #expect(try await admin.browser.send(merge).expect(303)[header: "Location"] == eventPath) }
        #expect(try await admin.page("\(Self.catalogue)/events/\(loser)").text.contains("This entry was merged into"))
        _ = try await admin.page("\(Self.catalogue)/merge?kind=x&from=\(loser)", 404)
        try await api.stop()
    }

    @Test func datesThatLookAlikeAreMergedOrKept() async throws {
        let api = try await RunningAPI.start(workers: EventPagesTests.pools)
        let admin = try await TestUser.admin(at: api)
        let path = "\(Self.catalogue)/duplicates"
        #expect(try await admin.page(path).text.contains("No dates look alike"))
        let first = try await admin.propose()
        let venue = try await admin.browser.get("/api/performances/\(first)").expect(200).json["venue"]["id"]
        let second = try await admin.propose([
            "title": "Vespertine <b>", "venue": .null, "address": .null, "city": .null, "country": .null,
            "timeZone": .null,
            "venueId": venue,
        ])
        let page = try await admin.page(path).text
        #expect(page.contains("Vespertine &lt;b&gt;") && !page.contains("There are more"))
        let merge = "\(Self.catalogue)/merge?kind=performance&amp;from=\(second)&amp;into=\(first)"
        #expect(page.contains("href=\"\(merge)\""))
        let keep = try #require(HTMLForm(page, to: path))
        _ = try await admin.browser.send(keep.filled(["one": "x"])).expect(415)
        let same = try await admin.browser.send(keep.filled(["other": keep["one"] ?? ""])).expect(400).text
        #expect(same.contains("role=\"alert\""))
        for _ in 0..<2 { #expect(try await admin.browser.send(keep).expect(303)[header: "Location"] == path) }
        #expect(try await admin.page(path).text.contains("No dates look alike"))
        try await api.stop()
    }

    @Test func membersHaveNoAccess() async throws {
        let api = try await RunningAPI.start(workers: EventPagesTests.pools)
        let (admin, fan) = (try await TestUser.admin(at: api), try await TestUser.signUp(at: api))
        let id = try await admin.propose()
        let paths = [
            Self.catalogue, Self.path(id), Self.path(id) + "/reject", Self.path(id) + "/postpone",
            Self.path(id) + "/cancel", "\(Self.catalogue)/events/\(id)", "\(Self.catalogue)/venues/\(id)",
            "\(Self.catalogue)/performers/\(id)", "\(Self.catalogue)/merge?kind=event&from=\(id)&into=\(id)",
            "\(Self.catalogue)/duplicates",
        ]
        for path in paths {
            _ = try await fan.page(path, 403)
            let away = try await TestUser.browser(at: api).visit(path).expect(303)
            #expect(away[header: "Location"]?.hasPrefix("/signin?next=%2Fadmin") == true)
        }
        for path in [
            "performances/\(id)/approve", "performances/\(id)/reject", "performances/\(id)/postpone",
            "performances/\(id)/cancel", "performances/\(id)/reschedule", "events/\(id)", "venues/\(id)",
            "performers/\(id)", "merge", "duplicates",
        ] {
            let form = HTMLForm(to: "\(Self.catalogue)/\(path)", ["version": "1", "kind": "event", "from": id])
            _ = try await fan.browser.send(form).expect(403)
        }
        #expect(try await admin.page("/performances/\(id)").text.contains("No tickets right now"))
        try await api.stop()
    }
}
