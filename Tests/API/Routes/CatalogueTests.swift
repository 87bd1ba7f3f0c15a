import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// The catalogue over HTTP.
@Suite(.timeLimit(.minutes(2))) struct CatalogueTests {
    private static func proposal(
        _ title: String = "Vespertine", _ others: String = #""performers":"Björk\nChoir""#,
        start: String = "2099-08-01T19:30:00Z"
    ) -> String {
        #"{"title":"\#(title)","category":"concert","venue":"Harpa","city":"Reykjavík","country":"is","#
            + #""timeZone":"Atlantic/Reykjavik","startsAt":"\#(start)",\#(others)}"#
    }

    private func start() async throws -> (api: RunningAPI, seller: APIClient, admin: APIClient) {
        let api = try await RunningAPI.start(workers: [.users, .catalogue])
        let (seller, admin) = (api.client(), api.client())
        try await seller.signUp()
        try await admin.signUp("admin@example.com")
        try await ProductProcess.run(
            "gittix", ["users", "promote", "admin@example.com"], environment: api.environment)
        return (api, seller, admin)
    }

    @Test func aProposalIsShownToItsSellerUntilAnAdminPublishesIt() async throws {
        let (api, seller, admin) = try await start()
        let anybody = api.client()
        let key = ["Idempotency-Key": "once"]
        let proposed = try await seller.send(.post, "/api/performances", json: Self.proposal(), key)
        #expect(proposed.status == 201 && proposed.text("status") == "proposed", "\(proposed.text)")
        let again = try await seller.send(.post, "/api/performances", json: Self.proposal(), key)
        #expect(again.text("id") == proposed.text("id") && again[header: "Idempotent-Replayed"] == "true")
        let id = proposed.text("id")
        #expect(proposed[header: "Location"] == "/api/performances/\(id)")
        for path in ["performances", "events", "venues"] {
            #expect(try await anybody.send(.get, "/api/\(path)/\(id)").status == 404)
            #expect(try await seller.send(.get, "/api/\(path)/\(id)").status == 200)
            #expect(try await anybody.send(.get, "/api/\(path)").list.isEmpty)
        }
        #expect(try await seller.send(.post, "/api/admin/performances/\(id)/approve").status == 403)
        #expect(try await admin.send(.get, "/api/admin/proposals").list.map { $0["id"] as? String } == [id])
        let approved = try await admin.send(.post, "/api/admin/performances/\(id)/approve")
        #expect(approved.status == 200 && approved.text("status") == "scheduled", "\(approved.text)")
        #expect(try await admin.send(.get, "/api/admin/proposals").list.isEmpty)
        let shown = try await anybody.send(.get, "/api/performances/\(id)")
        #expect(shown.json["performers"] as? [String] == ["Björk", "Choir"])
        #expect((shown.json["venue"] as? [String: Any])?["country"] as? String == "IS")
        let tag = try #require(shown[header: "ETag"])
        #expect(tag == approved[header: "ETag"])
        #expect(try await anybody.send(.get, "/api/performances/\(id)", ["If-None-Match": tag]).status == 304)
        for path in ["performances?q=bjork", "events?q=vesper", "venues?q=harpa"] {
            #expect(try await anybody.send(.get, "/api/\(path)").list.count == 1, "\(path)")
        }
        try await api.stop()
    }

    @Test func performancesAreSearchedInPages() async throws {
        let (api, _, admin) = try await start()
        let first = try await admin.send(.post, "/api/performances", json: Self.proposal())
        let (event, venue) = (first.text("eventId"), (first.json["venue"] as? [String: Any])?["id"] as? String ?? "")
        for day in 2...5 {
            let next = try await admin.send(
                .post, "/api/performances",
                json: #"{"eventId":"\#(event)","venueId":"\#(venue)","startsAt":"2099-08-0\#(day)T19:30:00Z"}"#)
            #expect(next.status == 201 && next.text("title") == "Vespertine", "\(next.text)")
        }
        let anybody = api.client()
        var (path, days): (String?, [String]) = ("/api/performances?q=vespertine&limit=2", [])
        while let here = path {
            let answer = try await anybody.send(.get, here)
            days += answer.list.compactMap { ($0["startsAt"] as? String).map { String($0.prefix(10).suffix(2)) } }
            path = answer[header: "Link"].flatMap { $0.firstMatch(of: /<([^>]+)>/).map { String($0.1) } }
        }
        #expect(days == ["01", "02", "03", "04", "05"])
        func count(_ query: String) async throws -> Int {
            try await anybody.send(.get, "/api/performances?\(query)").list.count
        }
        for (query, number) in [
            ("event=\(event)", 5), ("venue=\(venue)", 5), ("city=reykjavik", 5), ("country=IS&category=concert", 5),
            ("category=sport", 0), ("country=DE", 0), ("q=vespertien", 5),
            ("from=2099-08-02T00:00:00Z&to=2099-08-04T00:00:00Z", 2),
        ] {
            #expect(try await count(query) == number, "\(query)")
        }
        for (query, fields) in [
            ("country=XX", ["country"]), ("category=x", ["category"]), ("event=1", ["event"]), ("from=soon", ["from"]),
            ("cursor=AAAA", ["cursor"]), ("color=red", ["color"]),
        ] {
            #expect(try await anybody.send(.get, "/api/performances?\(query)").fields == fields, "\(query)")
        }
        try await api.stop()
    }

    @Test func invalidProposalsAreReportedAtTheirFields() async throws {
        let (api, seller, _) = try await start()
        for (others, field) in [
            (#""doorsAt":"2099-08-01T20:00:00Z""#, "doorsAt"), (#""endsAt":"2099-08-01T19:30:00Z""#, "endsAt"),
            (#""place":"US-NY""#, "place"), (#""address":"a\u0000b""#, "address"),
            (#""performers":"\#(Array(repeating: "x", count: 13).joined(separator: #"\n"#))""#, "performers"),
            (#""performers":"\#(String(repeating: "x", count: 121))""#, "performers"), (#""extra":1"#, "extra"),
        ] {
            let answer = try await seller.send(.post, "/api/performances", json: Self.proposal("a", others))
            #expect(answer.status == 400 && answer.fields == [field], "\(others) \(answer.text)")
        }
        for (from, to, field) in [
            ("Atlantic/Reykjavik", "Europe/Nowhere", "timeZone"), ("\"is\"", "\"XX\"", "country"),
            ("\"concert\"", "\"opera house\"", "category"), ("2099", "1999", "startsAt"),
            ("2099-08-01", "2099-02-30", "startsAt"), ("\"venue\"", "\"place\"", "venue"),
        ] {
            let json = Self.proposal("a", #""address":"b""#).replacing(from, with: to)
            let answer = try await seller.send(.post, "/api/performances", json: json)
            #expect(answer.status == 400 && answer.fields.contains(field), "\(to) \(answer.text)")
        }
        #expect(try await seller.send(.post, "/api/performances", json: "{}").fields.count == 7)
        let markup = try await seller.send(
            .post, "/api/performances", json: Self.proposal("<script>alert(1)</script>", #""performers":"<b>""#))
        #expect(markup.text("title") == "<script>alert(1)</script>")
        try await api.stop()
    }

    @Test func adminsCurate() async throws {
        let (api, _, admin) = try await start()
        let anybody = api.client()
        let id = try await admin.send(.post, "/api/performances", json: Self.proposal()).text("id")
        let same = try await admin.send(
            .post, "/api/performances", json: Self.proposal("Vespertine!", start: "2099-08-02T19:30:00Z")
        ).text("id")

        let postponed = try await admin.send(.post, "/api/admin/performances/\(id)/postpone")
        #expect(postponed.text("status") == "postponed")
        #expect(try await anybody.send(.get, "/api/performances?event=\(id)").list.count == 1)
        #expect(try await anybody.send(.get, "/api/performances").list.count == 1)
        let moved = try await admin.send(
            .put, "/api/admin/performances/\(id)", json: #"{"startsAt":"2099-08-03T19:30:00Z"}"#)
        #expect(moved.text("status") == "scheduled" && moved.text("startsAt") == "2099-08-03T19:30:00.000Z")

        let event = try await anybody.send(.get, "/api/events/\(id)")
        let tag = ["If-Match": event[header: "ETag"] ?? ""]
        let changed = try await admin.send(
            .put, "/api/admin/events/\(id)", json: #"{"title":"Vespertine live","performers":"Bjork"}"#, tag)
        #expect(changed.text("title") == "Vespertine live")
        #expect(try await admin.send(.put, "/api/admin/events/\(id)", json: "{}", tag).status == 412)
        let venue = try await admin.send(.put, "/api/admin/venues/\(id)", json: #"{"venue":"Eldborg"}"#)
        #expect(venue.text("name") == "Eldborg" && venue.text("city") == "Reykjavík")
        while try await anybody.send(.get, "/api/performances?q=eldborg+live+bjork").list.isEmpty {}

        let merge = #"{"kind":"event","from":"\#(same)","into":"\#(id)"}"#
        let merged = try await admin.send(.post, "/api/admin/merges", json: merge)
        #expect(merged.text("id") == id, "\(merged.text)")
        #expect(try await admin.send(.post, "/api/admin/merges", json: merge).status == 409)
        let loser = try await anybody.send(.get, "/api/events/\(same)")
        #expect(loser.text("id") == id && loser[header: "Content-Location"] == "/api/events/\(id)")
        while try await anybody.send(.get, "/api/performances?event=\(id)").list.count < 2 {}

        let cancelled = try await admin.send(.post, "/api/admin/performances/\(id)/cancel")
        #expect(cancelled.text("status") == "cancelled")
        #expect(try await admin.send(.post, "/api/admin/performances/\(id)/postpone").status == 409)
        try await api.stop()
    }
}
