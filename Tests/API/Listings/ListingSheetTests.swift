import Foundation
import Marketplace
import Services
import Support
import Testing

@testable import API

/// The table of a seller's listings: what is written can be read again.
@Suite struct ListingSheetTests {
    private let now = Timestamp(seconds: 1_780_315_200)
    private var requester: Requester {
        Requester(id: seller, session: .new(), version: 3, role: .member, expiresAt: now + .seconds(60))
    }
    private let seller = UserID.new()
    private let euro = Currency(rawValue: "EUR")!

    private func listing(_ title: String = "Vespertine", _ change: (inout ListingState) -> Void = { _ in }) -> Listing {
        var state = ListingState(
            id: .new(), sellerId: seller, title: title, price: 4550, currency: euro, quantity: 4,
            splitRule: .custom(QuantitySet([2, 4])),
            details: ShowDetails(
                venue: "Harpa, Eldborg", city: "Reykjavík", startsAt: Timestamp("2026-08-01T19:30:00Z"),
                timeZone: "Atlantic/Reykjavik", section: "B", row: "7", note: "Two \"lines\"\nof text"),
            withdrawn: false, version: 5, createdAt: now, updatedAt: now)
        change(&state)
        return Listing(state: state, held: 1, sold: 1)
    }

    private func row(_ text: String) throws -> ListingSheet.Row { try #require(try ListingSheet.read(text).first) }

    private func request(_ listing: Listing, _ text: String) throws -> ListingSheet.Request {
        try row(text).request(changing: listing, by: requester, for: Visitor(locale: "de_DE"), now: now)
    }

    private func change(_ listing: Listing, _ text: String) throws -> ChangeListing? {
        guard case .change(.change(let change)) = try request(listing, text) else { return nil }
        return change
    }

    @Test(arguments: [
        "Vespertine", "=1+1", "-5", "@x", "'quoted'", "a;b", "a\tb", "Ärzte, \"Die\"", "＝1+1", "'=x",
        "x\"\u{301},\u{301}=y",
    ])
    func aDownloadedRowChangesNothing(title: String) throws {
        let listing = listing(title)
        let text = ListingSheet.header + ListingSheet.line(listing)
        guard case .unchanged = try request(listing, text) else {
            Issue.record("\(text) is a change")
            return
        }
    }

    @Test func cellsThatSpreadsheetsWouldExecuteAreText() {
        let line = ListingSheet.line(listing("=HYPERLINK(\"https://example.com\")"))
        #expect(line.contains("\"'=HYPERLINK(\"\"https://example.com\"\")\""))
        for sign in ["＝", "＋", "－", "＠", "+", "@", "=\u{301}"] {
            #expect(ListingSheet.line(listing(sign + "1")).contains("'" + sign + "1"), "\(sign)")
        }
    }

    /// A program that takes semicolons as separators splits a quoted cell into several cells.
    @Test func noPartOfACellIsAFormula() {
        let line = ListingSheet.line(["Jazz;=cmd", "a\t+1", "a\n-1", "';'=x;y"])
        #expect(line == "\"Jazz;'=cmd\",\"a\t'+1\",\"a\n'-1\",\"';''=x;y\"\r\n")
        for text in ["Jazz;=cmd", "';'=x;y", "''=", "'", ";;=;", "=;'"] {
            let cell = ListingSheet.line([text]).dropLast(1)
            #expect(ListingSheet.unescaped(cell.trimmingCharacters(in: ["\""])) == text)
        }
    }

    /// A quote and a combining mark are one `Character`, but two for the program that reads the table.
    @Test(arguments: ["\u{301}", "\u{fe0f}", "\u{20dd}"]) func combiningMarksHideNoQuoteAndNoComma(mark: String) {
        let line = ListingSheet.line([#"Jazz "\#(mark),\#(mark)=1+1"#, "2"])
        #expect(line == "\"Jazz \"\"\(mark),\(mark)=1+1\",2\r\n")
    }

    @Test(arguments: [",", ";", "\t"]) func onlyChangedCellsAreSent(separator: String) throws {
        let listing = listing()
        let id = listing.state.id.description
        let cells = [["listing", "price", "on_sale"], [id, "39.50", "no"]].map { $0.joined(separator: separator) }
        let change = try #require(try change(listing, cells.joined(separator: "\r\n")))
        #expect(change.price == 3950 && change.currency == euro && change.withdrawn == true && change.ifVersion == 5)
        #expect(change.title == nil && change.quantity == nil && change.splitRule == nil && change.faceValue == nil)
        #expect(change.details.venue == nil && change.details.startsAt == nil && change.details.section == nil)
    }

    @Test func eachCellMayChange() throws {
        let listing = listing()
        let id = listing.state.id
        let date = try #require(try change(listing, "listing,date,event\n\(id),2026-08-02 20:00,Biophilia"))
        #expect(date.details.startsAt == Timestamp("2026-08-02T20:00:00Z") && date.title == "Biophilia")
        #expect(date.details.venue == "Harpa, Eldborg")
        let seat = try #require(try change(listing, "listing,row,note\n\(id),8,"))
        #expect(seat.details.row == "8" && seat.details.section == "B" && seat.details.note == "" && seat.title == nil)
        let rule = try #require(try change(listing, "listing,split,quantity\n\(id),pairs,6"))
        #expect(rule.splitRule == .pairs && rule.quantity == 6)
        let face = try #require(try change(listing, "listing,face_value\n\(id),40"))
        #expect(face.faceValue == 4000 && face.price == nil)
    }

    @Test(arguments: [
        ("price", "free", "price: Enter an amount"), ("on_sale", "perhaps", "on_sale: Enter yes or no."),
        ("seats", "11", "can't be changed"), ("split", "thirds", "split: Choose how buyers may split them."),
        ("date", "tomorrow", "date: Enter a date and time"), ("currency", "XXX", "currency: Choose a currency."),
    ])
    func wrongCellsAreNamed(column: String, value: String, message: String) throws {
        let listing = listing()
        guard case .refused(let reason) = try request(listing, "listing,\(column)\n\(listing.state.id),\(value)") else {
            Issue.record("\(value) was taken")
            return
        }
        #expect(reason.contains(message), "\(reason)")
    }

    /// In Germany, a point separates thousands.
    @Test(arguments: [("2.500", 2500), ("2.5", 2500), ("2,5", 2500), ("2.500,00", 2_500_000)] as [(String, Int64)])
    func aPointBeforeDecimalsIsADecimalPointInEveryRegion(text: String, price: Int64) throws {
        let listing = listing { ($0.price, $0.currency) = (1240, Currency(rawValue: "KWD")!) }
        #expect(try change(listing, "listing;price\n\(listing.state.id);\(text)")?.price == price)
    }

    @Test func theShowOfAPerformanceStays() throws {
        let listing = listing { $0.performanceId = .new() }
        guard case .refused = try request(listing, "listing,venue\n\(listing.state.id),Elsewhere") else {
            Issue.record("the venue was changed")
            return
        }
        #expect(try change(listing, "listing,venue,price\n\(listing.state.id),\"Harpa, Eldborg\",41") != nil)
    }

    @Test func aRowWithoutIDIsANewListing() throws {
        let text = """
            event,date,venue,city,time_zone,quantity,price,currency,split,note
            Biophilia,2026-08-02 20:00,Harpa,Reykjavík,Atlantic/Reykjavik,4,"45,50",EUR,"2,4",=fun
            """
        let request = try row(text).request(
            creatingIn: nil, by: requester, for: Visitor(locale: "de_DE"), now: now)
        guard case .change(.create(let create)) = request else {
            Issue.record("\(request)")
            return
        }
        #expect(create.title == "Biophilia" && create.price == 4550 && create.currency == euro && create.quantity == 4)
        #expect(create.splitRule == .custom(QuantitySet([2, 4])) && create.details.note == "=fun")
        #expect(create.details.startsAt == Timestamp("2026-08-02T20:00:00Z"))
    }

    @Test(arguments: [
        ("event,on_sale\nx,no", "on_sale"), ("event,seats\nx,11", "seats"), ("event\nx", "price"),
    ])
    func wrongNewListingsAreRefused(text: String, column: String) throws {
        let request = try row(text).request(creatingIn: nil, by: requester, for: Visitor(), now: now)
        guard case .refused(let reason) = request else {
            Issue.record("\(request)")
            return
        }
        #expect(reason.contains("\(column): "), "\(reason)")
    }

    @Test(arguments: [
        ("", "first line"), ("price\n", "no rows"), ("price,cost\n1,2", "“cost” is not a column"),
        ("price,price\n1,2", "occurs twice"), ("price,note\n1", "Line 2:"), ("price\n\"1", "Line 2:"),
        ("price\n" + String(repeating: "1\n", count: 201), "more than 200 rows"),
    ])
    func unreadableTablesAreRefused(text: String, message: String) throws {
        let error = #expect(throws: ImportFileError.self) { try ListingSheet.read(text) }
        #expect(error?.message.contains(message) == true, "\(String(describing: error))")
    }
}
