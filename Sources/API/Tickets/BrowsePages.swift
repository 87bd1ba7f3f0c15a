import Foundation
import HTTPTypes
import Hummingbird
import Marketplace
import Storage

/// `/`: what is on sale, searched, filtered and sorted, page by page. All of it stands in the address.
struct BrowsePages: Sendable {
    let pages: Pages
    let tickets: TicketReads
    let keys: DerivedKeys
    private let kept = Kept<PageKey, SearchResults, RenderedPage>(limit: 64)

    private static let limit = 24

    init(pages: Pages, tickets: TicketReads, keys: DerivedKeys) {
        self.pages = pages
        self.tickets = tickets
        self.keys = keys
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/") { request, context in try await browse(request, context) }
    }

    private func browse(_ request: Request, _ context: APIContext) async throws -> Response {
        var form = FormFields(query: request.uri.query)
        let visitor = Visitor(request)
        let filters = TicketFilters(&form, zone: visitor.zone.flatMap(TimeZone.init(identifier:)) ?? .gmt)
        guard form.isRight else {
            return try pages.page(status: .badRequest, request, context) {
                try render(form, filters, found: nil, visitor, request, context)
            }
        }
        // A cursor that is none (any more) leads to the beginning.
        let place = Cursor(keys: keys).place(form["cursor"], list: filters.list, as: SearchPlace.self)
        let found = try await tickets.search(filters.search, after: place, limit: Self.limit)
        return try pages.page(request, context) {
            try kept.product(PageKey(request, visitor, context), of: found) {
                try render(form, filters, found: found, isFirst: place == nil, visitor, request, context)
            }
        }
    }

    /// - Parameter found: nil where it was not even looked for, for what is wrong in the form.
    private func render(
        _ form: FormFields, _ filters: TicketFilters, found: SearchResults?, isFirst: Bool = true,
        _ visitor: Visitor, _ request: Request, _ context: APIContext
    ) throws -> RenderedPage {
        let parameters = filters.parameters.map { ($0.name, String?.some($0.value)) }
        let isFiltered = filters.parameters.contains { $0.name != "sort" }
        let words = filters.search.text
        let more = found?.next.map { next in
            "/" + URLText.query(parameters + [("cursor", Cursor(keys: keys).text(next, list: filters.list))])
        }
        let view: View = [
            "title": words.map { "Tickets for “\($0)”" } ?? (isFiltered ? "Tickets" : "Tickets from fans to fans"),
            "welcome": !isFiltered && isFirst, "search": BrowseForm.view(form, filters), "summary": form.summary,
            "similar": found.flatMap { $0.isSimilar && !$0.listings.isEmpty ? words : nil },
            "results": found.map { found in
                [
                    "order": BrowseForm.sortNames[filters.search.sort]?.lowercased(),
                    "cards": found.listings.map { Self.card($0, visitor) }, "more": more,
                    "first": isFirst ? nil : "/" + URLText.query(parameters),
                ] as View
            }.flatMap { found?.listings.isEmpty ?? true ? nil : $0 },
            "nothing": found.flatMap { $0.listings.isEmpty ? Self.nothing(filters, isFirst: isFirst) : nil },
        ]
        var head = PageHead(words.map { "Tickets for “\($0)”" } ?? "Tickets from fans to fans")
        // Only the whole list is to be found: what one looks for in it is nobody's page.
        if !isFiltered, isFirst, form.isRight {
            head.canonical = "/"
            head.description =
                "Buy tickets that fans can't use, and sell your own. The price you see is the price you pay, "
                + "and no ticket is sold twice."
        }
        return try pages.render("home", view, head, request, context)
    }

    private static func card(_ listing: Listing, _ visitor: Visitor) -> View {
        let (state, left) = (listing.state, listing.representation.available)
        let details = state.details
        return [
            "path": "/tickets/\(state.id)", "title": state.title,
            "when": details.startsAt.map { visitor.event($0, in: details.timeZone) }, "place": details.place,
            "seat": details.seat, "price": visitor.money(state.price, state.currency),
            "left": left == 1 ? "The last one" : "\(visitor.number(left)) left", "last": left == 1,
        ]
    }

    /// What can be done where nothing was found: each filter taken away.
    private static func nothing(_ filters: TicketFilters, isFirst: Bool) -> View {
        let groups: [(Set<String>, String)] = [
            (["q"], "Any event"), (["city"], "In every city"), (["from", "to"], "On any day"),
            (["min", "max", "currency"], "At any price"), (["quantity"], "Any number of tickets"),
        ]
        let given = groups.filter { names, _ in filters.parameters.contains { names.contains($0.name) } }
        let ways = given.count < 2 ? [] : given
        return [
            "message": !isFirst
                ? "There are no more."
                : given.isEmpty ? "Nothing is on sale just now." : "Nothing on sale is like that.",
            "ways": ways.map { names, text in
                let others = filters.parameters.filter { !names.contains($0.name) }.map {
                    ($0.name, String?.some($0.value))
                }
                return ["text": text, "path": "/" + URLText.query(others)] as View
            }, "all": !given.isEmpty || !isFirst,
        ]
    }
}
