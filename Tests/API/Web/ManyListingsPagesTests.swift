import Marketplace
import Support
import Testing

@testable import API

/// The pages to change several listings together, with real workers and no script.
@Suite(.timeLimit(.minutes(2))) struct ManyListingsPagesTests {
    private let api: RunningAPI
    private let fan: TestUser

    init() async throws {
        api = try await RunningAPI.start(workers: SellPagesTests.pools)
        fan = try await TestUser.signUp(at: api)
    }

    private func listing(_ path: String) async throws -> JSON {
        try await fan.browser.get("/api\(path)").expect(200).json
    }

    private func expect(
        _ path: String, _ members: [String: JSON], source: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await listing(path)
        for (name, value) in members { #expect(found[name] == value, "\(name)", sourceLocation: source) }
    }

    private func row(of path: String, in form: HTMLForm) throws -> Int {
        let id = path.split(separator: "/").last.map(String.init) ?? ""
        return try #require((0..<20).first { form["listing.\($0)"]?.hasPrefix(id) == true })
    }

    @Test func onlyChangedListingsAreSaved() async throws {
        let (first, second, third) = (try await fan.sell(), try await fan.sell(), try await fan.sell())
        let form = try await fan.form("/listings/edit")
        let numbers = try [first, second, third].map { try row(of: $0, in: form) }
        #expect(form["price.\(numbers[0])"] == "45.00" && form["sale.\(numbers[0])"] == "on")
        let unchanged = try await fan.browser.send(form).expect(303)
        #expect(unchanged[header: "Location"] == "/listings?done=unchanged")

        let typed = form.filled(["price.\(numbers[0])": "39,50 €", "sale.\(numbers[1])": "off"])
        for _ in 0..<2 {
            #expect(try await fan.browser.send(typed).expect(303)[header: "Location"] == "/listings?done=changed")
        }
        try await expect(first, ["price": 3950, "version": 2])
        try await expect(second, ["withdrawn": true, "price": 4500])
        try await expect(third, ["version": 1])

        let back = try await fan.form("/listings/edit").filled(["sale.\(numbers[1])": "on"])
        _ = try await fan.browser.send(back).expect(303)
        try await expect(second, ["withdrawn": false])
        try await api.stop()
    }

    @Test func aRefusedChangeIsShownBesideTheSavedOnes() async throws {
        let (first, second) = (try await fan.sell(), try await fan.sell())
        let form = try await fan.form("/listings/edit")
        let numbers = try [first, second].map { try row(of: $0, in: form) }
        let wrong = try await fan.browser.send(form.filled(["price.\(numbers[0])": "much"])).expect(422)
        #expect(wrong.text.contains("id=\"price.\(numbers[0])-error\"") && wrong.text.contains("value=\"much\""))

        // The second listing was changed in another tab.
        let other = try await fan.form(second + "/edit").filled(["row": "9"])
        _ = try await fan.browser.send(other).expect(303)
        let typed = form.filled(["price.\(numbers[0])": "41", "price.\(numbers[1])": "42"])
        let page = try await fan.browser.send(typed).expect(409)
        #expect(page.text.contains("1 is saved, but not all.") && page.text.contains("changed in the meantime"))
        try await expect(first, ["price": 4100])
        try await expect(second, ["price": 4500])
        let again = try #require(HTMLForm(page.text, to: "/listings/edit"))
        #expect(again["price.\(numbers[0])"] == "41.00" && again["price.\(numbers[1])"] == "42")
        _ = try await fan.browser.send(again).expect(303)
        try await expect(second, ["price": 4200])
        try await expect(first, ["version": 2])
        try await api.stop()
    }

    @Test func otherSellersListingsAreRefused() async throws {
        let path = try await fan.sell()
        let form = try await fan.form("/listings/edit")
        let number = try row(of: path, in: form)
        let other = try await TestUser.signUp(at: api)
        _ = try await other.browser.send(form.filled(["price.\(number)": "1"])).expect(403)
        for hostile in ["x 1", "\(ListingID.new())", "\(ListingID.new()) x"] {
            _ = try await fan.browser.send(form.filled(["listing.0": hostile])).expect(415)
        }
        _ = try await fan.browser.send(form.filled(["listing.0": "\(ListingID.new()) 1"])).expect(404)
        try await expect(path, ["version": 1])
        try await api.stop()
    }

    @Test func aDownloadedTableIsChangedAndUploaded() async throws {
        let path = try await fan.sell(["title": "=Ärzte, \"Die\"", "note": "a\nb"])
        let id = path.split(separator: "/").last.map(String.init) ?? ""
        let file = try await fan.browser.get("/listings.csv").expect(200)
        #expect(file[header: "Content-Type"] == "text/csv; charset=utf-8; header=present")
        #expect(file[header: "Content-Disposition"] == "attachment; filename=\"listings.csv\"")
        #expect(file.text.contains("\"'=Ärzte, \"\"Die\"\"\"") && file.text.hasPrefix("listing,event,date,"))

        let form = try await fan.form("/listings/upload")
        #expect(try await fan.browser.send(form.filled(["table": file.text])).expect(200).text.contains("Unchanged"))
        try await expect(path, ["version": 1])

        let table = """
            listing\tevent\tdate\tvenue\tcity\ttime_zone\tquantity\tprice\tcurrency
            \(id)\t=Ärzte, "Die"\t2099-05-31 20:00\tTempodrom\tBerlin\tEurope/Berlin\t5\t40\tEUR
            \tRadio Süd\t2099-06-01 20:00\tTempodrom\tBerlin\tEurope/Berlin\t2\t30.50\tEUR
            \tRadio West\t2099-06-01 20:00\tTempodrom\tBerlin\tEurope/Berlin\t2\tnothing\tEUR
            """.replacing("\"", with: "'")
        let page = try await fan.browser.send(form.filled(["table": table])).expect(409)
        #expect(page.text.contains("Listed") && page.text.contains("price: Enter an amount"))
        let made = try await fan.browser.get("/api/tickets?seller=me").json.items
        #expect(made.map { $0["title"] }.contains("Radio Süd") && made.count == 2)

        // The form has only the row that was refused. A double click lists nothing twice.
        let rest = try #require(HTMLForm(page.text, to: "/listings/upload"))
        #expect(rest["table"]?.contains("Radio West") == true && rest["table"]?.contains("Radio Süd") == false)
        let mended = rest.filled(["table": rest["table"]?.replacing("nothing", with: "31") ?? ""])
        _ = try await fan.browser.send(mended).expect(200)
        _ = try await fan.browser.send(mended).expect(200)
        #expect(try await fan.browser.get("/api/tickets?seller=me").json.items.count == 3)
        try await api.stop()
    }

    @Test func tablesThatCannotBeReadChangeNothing() async throws {
        let path = try await fan.sell()
        let id = path.split(separator: "/").last.map(String.init) ?? ""
        let form = try await fan.form("/listings/upload")
        for table in [
            "", "price\n", "cost\n1", "listing,price\n\(id),40\n\(id)",
            "listing\n" + String(repeating: "x\n", count: 201),
        ] {
            _ = try await fan.browser.send(form.filled(["table": table])).expect(422)
        }
        let twice = "listing,price\n\(id),41\n\(id),42\n\(ListingID.new()),43\nx,44"
        let page = try await fan.browser.send(form.filled(["table": twice])).expect(409)
        #expect(page.text.contains("in another row") && page.text.contains("no listing with this id"))
        try await expect(path, ["price": 4100, "version": 2])
        try await api.stop()
    }
}
