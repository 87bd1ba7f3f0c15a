import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// Imports of events by admins, over the JSON API and the page.
@Suite(.timeLimit(.minutes(2))) struct ImportTests {
    private let api: RunningAPI
    private let admin: APIClient

    init() async throws {
        api = try await RunningAPI.start(workers: [.users, .catalogue])
        admin = api.client()
        try await admin.signUp("admin@example.com")
        try await ProductProcess.run(
            "gittix", ["users", "promote", "admin@example.com"], environment: api.environment)
    }

    private static let header = "id,title,venue,city,country,time_zone,start"
    private static func row(
        _ number: Int, _ title: String = "Vespertine", start: String = "2099-08-01T19:30"
    ) -> String {
        "\(number),\(title) \(number),Harpa,Reykjavík,IS,Atlantic/Reykjavik,\(start)"
    }

    private func send(
        _ rows: [String], _ members: String = "", format: String = "csv", by client: APIClient? = nil
    ) async throws -> APIClient.Answer {
        let text = ([Self.header] + rows).joined(separator: "\\n")
        return try await (client ?? admin).send(
            .post, "/api/admin/imports",
            json: #"{"source":"Harpa","format":"\#(format)","text":"\#(text)"\#(members)}"#)
    }

    private func counts(_ answer: APIClient.Answer) -> [Int] {
        ["rows", "created", "changed", "unchanged", "skipped", "failed"].map { answer.json[$0] as? Int ?? -1 }
    }

    @Test func anImportIsPlannedExecutedAndSafeToRepeat() async throws {
        let rows = [Self.row(1), Self.row(2), Self.row(3, start: "never"), Self.row(4, start: "2001-01-01T19:30")]
        let plan = try await send(rows).having(200)
        #expect(plan.json["executed"] as? Bool == false && counts(plan) == [4, 3, 0, 0, 0, 1])
        #expect(try await admin.send(.get, "/api/performances").list.isEmpty)

        let first = try await send(rows, #","execute":true"#).having(200)
        #expect(first.json["executed"] as? Bool == true && counts(first) == [4, 2, 0, 0, 1, 1])
        let problem = try #require((first.json["problems"] as? [[String: Any]])?.first)
        #expect(problem["line"] as? Int == 4 && (problem["message"] as? String)?.isEmpty == false)
        let second = try await send(rows, #","execute":true"#).having(200)
        #expect(counts(second)[1...3] == [0, 0, 2])
        let moved = try await send([Self.row(1, start: "2099-08-02T19:30")], #","execute":true"#).having(200)
        #expect(counts(moved) == [1, 0, 1, 0, 0, 0])
        #expect(try await admin.send(.get, "/api/performances").list.count == 2)
        try await api.stop()
    }

    @Test func manyRowsAreImportedInSlices() async throws {
        let rows = (1...250).map { Self.row($0, start: "2099-08-\(String(100 + $0 % 28 + 1).dropFirst())T19:30") }
        #expect(try await counts(send(rows, #","execute":true"#).having(200)) == [250, 250, 0, 0, 0, 0])
        let tooMany = try await send((1...2001).map { Self.row($0) })
        #expect(tooMany.status == 400 && tooMany.text.contains("more than 2000 rows"))
        try await api.stop()
    }

    @Test func wrongUploadsAreRefused() async throws {
        for (members, field) in [
            (#","country":"XX""#, "country"), (#","timeZone":"EST""#, "timeZone"),
            (#","category":"opera""#, "category"), (#","execute":"yes""#, "execute"),
            (#","url":"http://127.0.0.1/""#, "url"),
        ] {
            #expect(try await send([Self.row(1)], members).having(400).fields == [field])
        }
        #expect(try await send([Self.row(1)], format: "xlsx").having(400).fields == ["format"])
        #expect(try await send([Self.row(1)], format: "ics").having(400).fields == ["text"])
        let member = api.client()
        try await member.signUp()
        _ = try await send([Self.row(1)], by: member).having(403)
        try await api.stop()
    }

    @Test func theFormShowsThePlanAndThenImports() async throws {
        let fan = try await TestUser.signUp(at: api)
        _ = try await fan.browser.visit("/admin/catalogue/import").expect(403)
        let browser = TestUser.browser(at: api)
        browser.cookies = admin.cookies
        let page = try await browser.visit("/admin/catalogue/import").expect(200)
        let empty = try #require(HTMLForm(page.text, to: "/admin/catalogue/import"))
        let faults = try await browser.send(empty.filled(["format": "x", "country": "Iceland"])).expect(422)
        for field in ["source", "format", "text", "country"] { #expect(faults.text.contains("id=\"\(field)-error\"")) }

        let text = [Self.header, Self.row(1), Self.row(2, "<b>", start: "<script>")].joined(separator: "\n")
        let typed = empty.filled(["source": "Harpa", "format": "csv", "text": text])
        let plan = try await browser.send(typed).expect(200)
        #expect(plan.text.contains("Nothing is imported yet.") && !plan.text.contains("<script>2"))
        let again = try #require(HTMLForm(plan.text, to: "/admin/catalogue/import"))
        #expect(again["text"] == text && again["source"] == "Harpa")
        // A form's values include those of the pressed button.
        let values = again.inputs.map { ($0.name, $0.value) } + [("execute", "yes")]
        let pressed = HTMLForm(to: again.action, Dictionary(uniqueKeysWithValues: values))
        let done = try await browser.send(pressed).expect(200)
        #expect(done.text.contains("Imported") && done.text.contains("data-name=\"Line\""))
        #expect(try await admin.send(.get, "/api/performances").list.count == 1)
        let unreadable = try await browser.send(typed.filled(["text": "x"])).expect(422)
        #expect(unreadable.text.contains("id=\"text-error\""))
        try await api.stop()
    }
}
