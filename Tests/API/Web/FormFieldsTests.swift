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
        "The largest amount is the largest card payment in its currency",
        arguments: [
            ("999,999.99", "USD", 99_999_999), ("1,000,000", "USD", nil), ("1,500,000", "IDR", 150_000_000),
            ("9,999,999,999.99", "IDR", 999_999_999_999), ("10,000,000,000", "IDR", nil),
            ("45,000,000", "LBP", 4_500_000_000), ("99,999,999", "JPY", 99_999_999), ("100,000,000", "JPY", nil),
        ] as [(String, String, Int64?)])
    func greatestAmounts(text: String, code: String, amount: Int64?) throws {
        var form = FormFields(["price": text])
        let currency = try #require(Currency(rawValue: code))
        #expect(form.price("price", in: currency, for: Visitor()) == amount)
        #expect(form.fault(of: "price")?.contains("or less") == (amount == nil ? true : nil))
    }

    @Test(
        "A body that no form of the site sends is refused",
        arguments: [
            "a=1&a=2", (0..<80).map { "f\($0)=1" }.joined(separator: "&"),
            "a=" + String(repeating: "%D6%B0%D6%B1", count: 16), String(repeating: "\u{5b0}\u{5b1}", count: 16) + "=1",
        ])
    func refusesOtherBodies(body: String) {
        #expect(throws: Problem.self) { try form(body) }
    }

    @Test("A fault names its field and says what to do")
    func faultsNameTheirFields() throws {
        var form = try form(
            "title=%20&note=a%00b&price=0&currency=XXX&count=12x&email=ana&long=\(String(repeating: "x", count: 30))")
        #expect(form.line("title", "a title", 1...200) == nil)
        #expect(form.lines("note", "a note", 0...500) == nil)
        #expect(form.price("price", in: .usd, for: Visitor()) == nil)
        #expect(form.currency("currency") == nil)
        #expect(form.integer("count", "how many", 1...10) == nil)
        #expect(form.email("email") == nil)
        #expect(form.line("long", "a word", 1...20) == nil)
        #expect(form.line("missing", "", 0...20) == nil)
        #expect(form.faults.map(\.field) == ["title", "note", "price", "currency", "count", "email", "long"])
        #expect(form.fault(of: "title") == "Enter a title.")
        #expect(form.fault(of: "long") == "Shorten this to 20 characters: it has 30.")
    }

    @Test(
        "Only a path of this site is a redirect target",
        arguments: ["//evil.example", "/\\evil.example", "https://evil.example", "orders", "/a b", "/ä", ""])
    func refusesOtherTargets(text: String) {
        #expect(RedirectTarget(text) == nil)
        #expect(RedirectTarget("/orders?cursor=x")?.text == "/orders?cursor=x")
    }
}
