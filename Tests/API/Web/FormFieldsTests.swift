import Foundation
import Marketplace
import Testing

@testable import API

struct FormFieldsTests {
    private func form(_ body: String) throws -> FormFields { try FormFields(Array(body.utf8)) }

    @Test("A body is read as browsers write it")
    func readsABrowsersBody() throws {
        let form = try form("title=A+%26+B%3D1&note=one%0D%0Atwo&empty=&lone&bad=%zz%4")
        #expect(form["title"] == "A & B=1")
        #expect(form["note"] == "one\ntwo")
        #expect(form["empty"].isEmpty && form.has("empty"))
        #expect(form.has("lone") && !form.has("other"))
        #expect(form["bad"] == "%zz%4")
    }

    @Test(
        "A body that no form of the site sends is refused",
        arguments: ["a=1&a=2", (0..<80).map { "f\($0)=1" }.joined(separator: "&")])
    func refusesOtherBodies(body: String) {
        #expect(throws: Problem.self) { try form(body) }
    }

    @Test(
        "Amounts are read exactly",
        arguments: [
            ("19.99", 1999), ("19,99", 1999), ("0.1", 10), (".50", 50), ("7", 700), ("1000000.00", 100_000_000),
            ("1,234", nil), ("1.2.3", nil), ("", nil), (".", nil), ("-1", nil), ("1e3", nil), ("٣", nil), ("9.", nil),
            ("99999999999999999999", nil),
        ] as [(String, Int64?)])
    func readsAmountsExactly(text: String, minorUnits: Int64?) {
        #expect(FormFields.minorUnits(text, digits: 2) == minorUnits)
    }

    @Test("An amount in a currency without minor units has no decimals")
    func readsWholeAmounts() {
        #expect(FormFields.minorUnits("1999", digits: 0) == 1999)
        #expect(FormFields.minorUnits("19.9", digits: 0) == nil)
    }

    @Test("A fault names its field and says what to do")
    func faultsNameTheirFields() throws {
        var form = try form(
            "title=%20&note=a%00b&price=0&currency=XXX&count=12x&email=ana&long=\(String(repeating: "x", count: 30))")
        #expect(form.line("title", "a title", 1...200) == nil)
        #expect(form.lines("note", "a note", 0...500) == nil)
        #expect(form.amount("price", "a price", in: .usd) == nil)
        #expect(form.currency("currency") == nil)
        #expect(form.integer("count", "how many", 1...10) == nil)
        #expect(form.email("email") == nil)
        #expect(form.line("long", "a word", 1...20) == nil)
        #expect(form.line("missing", "", 0...20) == nil)
        #expect(form.faults.map(\.field) == ["title", "note", "price", "currency", "count", "email", "long"])
        #expect(form.fault(of: "title") == "Enter a title.")
        #expect(form.fault(of: "long") == "Shorten this to 20 characters: it has 30.")
    }

    @Test("A local time is read in the zone of the venue")
    func readsLocalTimes() throws {
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        let summer = try #require(FormFields.time("2027-07-01T20:00", in: berlin))
        #expect(summer.description == "2027-07-01T18:00:00.000Z")
        #expect(FormFields.text(of: summer, in: berlin) == "2027-07-01T20:00")
        #expect(FormFields.time("2027-12-01T20:00:30", in: berlin)?.description == "2027-12-01T19:00:30.000Z")
        for wrong in ["2027-02-30T20:00", "2027-01-01", "27-1-1T1:00", "2027-01-01T24:00", "1969-01-01T00:00", "x"] {
            #expect(FormFields.time(wrong, in: berlin) == nil)
        }
    }

    @Test(
        "Only a path of this site is a redirect target",
        arguments: ["//evil.example", "/\\evil.example", "https://evil.example", "orders", "/a b", "/ä", ""])
    func refusesOtherTargets(text: String) {
        #expect(RedirectTarget(text) == nil)
        #expect(RedirectTarget("/orders?cursor=x")?.text == "/orders?cursor=x")
    }
}
