import CurlClient
import Foundation
import HummingbirdCore
import Marketplace
import Services
import Storage
import Support
import Testing

@testable import API

/// Searches with the JSON API, and the filters in the page's query.
@Suite(.timeLimit(.minutes(2))) struct SearchTests {
    @Test func aSearchReturnsPagesOfMatchingListings() async throws {
        let api = try await RunningAPI.start(workers: [.users, .listings])
        let seller = api.client()
        try await seller.signUp()
        for number in 1...5 {
            let event =
                #""city":"Århus","venue":"Hal \#(number)","startsAt":"2099-01-0\#(number)T20:00:00+01:00","#
                + #""timeZone":"Europe/Copenhagen""#
            let listed = try await seller.send(
                .post, "/api/tickets",
                json: #"{"title":"Jazz \#(number)","price":\#(number * 1000),"currency":"DKK",\#(event)}"#)
            #expect(listed.status == 201)
        }
        _ = try await seller.list(title: "Opera")
        let anybody = api.client()
        func titles(_ query: String) async throws -> [String] {
            try await anybody.send(.get, "/api/tickets?\(query)").list.compactMap { $0["title"] as? String }
        }
        #expect(try await titles("").first == "Opera")
        #expect(try await titles("q=jaz+arhuus&city=oslo").isEmpty)
        #expect(try await titles("q=jaz+arhus&sort=cheapest&currency=dkk&limit=2") == ["Jazz 1", "Jazz 2"])
        #expect(try await titles("q=jaz%20arhus&sort=dearest&currency=DKK&quantity=1&limit=1") == ["Jazz 5"])
        // A search for the nearest matches finds nothing if it takes too long.
        try await eventually("the misspelled word is found") { try await titles("q=opear&city=") == ["Opera"] }
        #expect(try await titles("currency=DKK&minPrice=2000&maxPrice=3000&sort=soonest") == ["Jazz 2", "Jazz 3"])
        #expect(
            try await titles("from=2099-01-02T20:00:00+01:00&to=2099-01-04T19:00:00Z&sort=soonest") == [
                "Jazz 2", "Jazz 3",
            ])

        let first = try await anybody.send(.get, "/api/tickets?q=%22jazz%22&sort=soonest&limit=2")
        let link = try #require(first[header: "Link"]?.split(separator: ">").first.map { String($0.dropFirst()) })
        let second = try await anybody.send(.get, link)
        #expect(second.list.compactMap { $0["title"] as? String } == ["Jazz 3", "Jazz 4"])
        // A cursor of one search is invalid for another.
        #expect(try await anybody.send(.get, link.replacing("jazz", with: "opera")).fields == ["cursor"])
        #expect(try await anybody.send(.get, link.replacing("soonest", with: "newest")).fields == ["cursor"])
        try await api.stop()
    }

    @Test func anInvalidFilterIsReportedAtItsParameter() async throws {
        let api = try await RunningAPI.start()
        let anybody = api.client()
        for (query, fields) in [
            ("from=soon", ["from"]), ("minPrice=1", ["currency"]), ("currency=EUR&maxPrice=100000000", ["maxPrice"]),
            ("currency=IDR&maxPrice=1000000000000", ["maxPrice"]), ("currency=EUR&minPrice=1.5", ["minPrice"]),
            ("currency=XXX", ["currency"]), ("quantity=0", ["quantity"]), ("quantity=101", ["quantity"]),
            ("sort=best", ["sort"]),
            ("sort=cheapest", ["currency"]), ("sort=dearest&currency=XXX", ["currency"]), ("cursor=AAAA", ["cursor"]),
            ("seller=you", ["seller"]), ("color=red", ["color"]),
        ] {
            let answer = try await anybody.send(.get, "/api/tickets?\(query)")
            #expect(answer.status == 400 && answer.fields == fields, "\(query)")
        }
        for query in ["q=%00%27%22%5C", "q=\(String(repeating: "x", count: 5000))", "q=!!!", "city=%F0%9F%8E%AB", "q="]
        {
            #expect(try await anybody.send(.get, "/api/tickets?\(query)").status == 200)
        }
        try await api.stop()
    }

    // MARK: The page

    private func filters(_ query: String) throws -> (SearchFilters, FormFields) {
        var form = FormFields(query: query)
        let visitor = Visitor(locale: "en_DE", zone: "Europe/Berlin")
        let filters = SearchFilters(&form, visitor, defaultCurrency: .usd)
        return (filters, form)
    }

    @Test func theQueryOfThePageIsReadLikeAForm() throws {
        let (filters, form) = try filters(
            "q=+radio+%26+nord+&city=K%C3%B6ln&from=2027-03-28&to=2027-03-28&currency=EUR&min=9,50&max=20&quantity=2"
                + "&sort=dearest&utm_source=x&q=second")
        #expect(form.isValid)
        let search = filters.search
        #expect(search.text == "radio & nord" && search.city == "Köln" && search.sort == .dearest)
        // The clocks go forward on that day, so it has 23 hours.
        #expect(search.from?.description == "2027-03-27T23:00:00.000Z")
        #expect(search.to?.description == "2027-03-28T22:00:00.000Z")
        #expect(search.minPrice == 950 && search.maxPrice == 2000 && search.quantity == 2)
        #expect(filters.parameters.map(\.name) == SearchFilters.pageFieldNames)
    }

    @Test func emptyParametersAreIgnored() throws {
        let (filters, form) = try filters("q=&city=+&from=&to=&min=&max=&currency=&quantity=&sort=&q")
        #expect(form.isValid && filters.search == .init(zone: "Europe/Berlin"))
    }

    @Test func aPriceWithoutACurrencyIsInThatOfTheVisitorsRegion() throws {
        for query in ["min=5", "max=€20", "sort=cheapest", "sort=dearest&currency="] {
            let (filters, form) = try filters(query)
            #expect(form.isValid && filters.search.currency?.rawValue == "EUR", "\(query)")
            // The URLs of further pages have the currency.
            #expect(filters.parameters.last?.name == "currency" && filters.parameters.last?.value == "EUR")
        }
        #expect(try filters("sort=newest&q=radio").0.search.currency == nil)
        #expect(try filters("min=1.234").0.search.minPrice == 123_400)
    }

    @Test(arguments: [
        ("from=2027-02-30", "from"), ("to=soon", "to"), ("from=2027-01-02&to=2027-01-01", "to"),
        ("currency=XXX&min=5", "currency"), ("currency=EUR&max=1,234", "max"), ("quantity=many", "quantity"),
        ("quantity=101", "quantity"), ("sort=best", "sort"), ("currency=EUR&min=3&max=2", "max"),
    ])
    func everyFaultNamesItsField(query: String, field: String) throws {
        #expect(try filters(query).1.faults.map(\.field) == [field])
    }
}
