import Foundation
import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/tickets`: the listings on sale, with search, filters, sorting and pagination. The URL holds all parameters. It is
/// also the home page while the catalogue has no coming events (``HomePages``).
struct BrowsePages: Sendable {
    let pages: Pages
    let listings: ListingReads
    let bans: BanList
    let keys: DerivedKeys
    let defaultCurrency: Currency
    private let cache = PageCache<Found>(limit: 64)

    /// The data that a page is rendered from.
    private struct Found: Hashable {
        let results: SearchResults
        let choices: SearchChoices
    }

    private static let limit = 24
    private static let title = "Tickets from fans to fans"

    init(
        pages: Pages, listings: ListingReads, bans: BanList, keys: DerivedKeys, defaultCurrency: Currency
    ) {
        self.pages = pages
        self.listings = listings
        self.bans = bans
        self.keys = keys
        self.defaultCurrency = defaultCurrency
    }

    /// - Parameter path: the path of the page: `/` or `/tickets`.
    func browse(_ path: String, _ request: Request, _ context: APIContext) async throws -> Response {
        var form = FormFields(query: request.uri.query)
        let visitor = Visitor(request)
        let filters = SearchFilters(&form, visitor, defaultCurrency: defaultCurrency)
        let choices = await listings.choices()
        guard form.isValid else {
            return try pages.page(status: .badRequest, request, context) {
                try render(path, form, filters, found: nil, choices, visitor, request, context)
            }
        }
        // An invalid cursor leads to the first page.
        let place = CursorCodec(keys: keys).decode(form["cursor"], list: filters.list, as: SearchCursor.self)
        let found = try await listings.search(filters.search, after: place, limit: Self.limit, without: bans)
        return try pages.page(request, context) {
            try cache.product(PageCacheKey(request, visitor, context), of: Found(results: found, choices: choices)) {
                try render(
                    path, form, filters, found: found, choices, isFirst: place == nil, visitor, request, context)
            }
        }
    }

    /// - Parameter found: `nil` if no search was made, because the form is invalid.
    private func render(
        _ path: String, _ form: FormFields, _ filters: SearchFilters, found: SearchResults?, _ choices: SearchChoices,
        isFirst: Bool = true, _ visitor: Visitor, _ request: Request, _ context: APIContext
    ) throws -> RenderedPage {
        let parameters = filters.parameters.map { ($0.name, String?.some($0.value)) }
        let isFiltered = filters.parameters.contains { $0.name != "sort" }
        let text = filters.search.text
        let more = found?.next.map { next in
            path
                + URLEncoding.query(parameters + [("cursor", CursorCodec(keys: keys).encode(next, list: filters.list))])
        }
        let view: View = [
            "title": text.map { "Tickets for “\($0)”" } ?? (isFiltered || path != "/" ? "Tickets" : Self.title),
            "path": path, "welcome": !isFiltered && isFirst, "search": BrowseForm.view(form, filters, choices, visitor),
            "summary": form.summary,
            "similar": found.flatMap {
                $0.listings.isEmpty ? nil : SearchNotesView.view($0.notes, filters.parameters, path: path)
            },
            "results": found.map { found in
                [
                    "order": BrowseForm.sortNames[filters.search.sort]?.lowercased(),
                    "currency": filters.search.currency?.rawValue,
                    "cards": found.listings.map { Self.card($0, visitor) }, "more": more,
                    "first": isFirst ? nil : path + URLEncoding.query(parameters),
                ] as View
            }.flatMap { found?.listings.isEmpty ?? true ? nil : $0 },
            "noResults": found.flatMap {
                $0.listings.isEmpty ? Self.noResults(path, filters, isFirst: isFirst, more) : nil
            },
        ]
        let subject = text.map { " for “\($0)”" }
        var head =
            path == "/"
            ? PageHead(subject.map { "Tickets" + $0 } ?? Self.title) : PageHead("All tickets" + (subject ?? ""))
        // Search engines index only the first page of the whole list, and no search results.
        if !isFiltered, isFirst, form.isValid {
            head.canonical = path
            head.description =
                "Buy tickets from fans who can't go, or sell your own. The price you see is the price you pay, "
                + "and no ticket is sold twice."
        }
        return try pages.render("home", view, head, request, context)
    }

    static func card(_ listing: Listing, _ visitor: Visitor) -> View {
        let (state, left) = (listing.state, listing.representation.available)
        let details = state.details
        return [
            "path": "/tickets/\(state.id)", "title": state.title,
            "when": details.startsAt.map { visitor.venueTime($0, in: details.timeZone) }, "place": details.place,
            "seat": details.seat, "price": visitor.formattedPrice(state.allIn, state.currency),
            "left": "\(visitor.number(left)) left", "last": left == 1,
        ]
    }

    /// Values for a search without results: a message, and links that each drop one filter.
    ///
    /// - Parameter more: the path of the next page, if all listings of this page are left out.
    private static func noResults(_ path: String, _ filters: SearchFilters, isFirst: Bool, _ more: String?) -> View {
        let groups: [(Set<String>, String)] = [
            (["q"], "Any event"), (["city"], "Any city"), (["from", "to"], "Any date"),
            (
                filters.presetCurrency == nil ? ["min", "max", "currency"] : ["min", "max", "currency", "sort"],
                "Any price"
            ),
            (["quantity"], "Any number of tickets"),
        ]
        let given = groups.filter { names, _ in filters.parameters.contains { names.contains($0.name) } }
        let broaderSearches = given.count < 2 ? [] : given
        let currency = filters.search.currency.map { " in \($0)" } ?? ""
        let nothingFound =
            filters.search.text.map { "No tickets\(currency) found for “\($0)”." } ?? "No tickets\(currency) found."
        return [
            "message": !isFirst
                ? "No more tickets."
                : given.isEmpty ? "No tickets are on sale right now." : nothingFound,
            "broaderSearches": broaderSearches.map { names, text in
                let others = filters.parameters.filter { !names.contains($0.name) }.map {
                    ($0.name, String?.some($0.value))
                }
                return ["text": text, "path": path + URLEncoding.query(others)] as View
            }, "all": !given.isEmpty || !isFirst, "more": more,
        ]
    }
}
