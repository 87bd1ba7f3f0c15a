import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/sell`: the choice of an event, and then the form to list tickets for the event. The event is in the catalogue, or
/// the form describes it.
struct SellPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let listings: ListingReads
    let catalogue: CatalogueReads
    let keys: DerivedKeys
    let defaultCurrency: Currency
    let budget: AddressBudget
    let addresses: ClientAddress

    /// Maximum number of events that a search shows.
    private static let limit = 20

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/sell") { request, context in try await start(request, context) }
        routes.post("/sell") { request, context in try await sell(request, context) }
    }

    /// The path of the form for an event that the catalogue does not have.
    static let unlistedPath = "/sell?event=other"

    private func start(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let visitor = Visitor(request)
        let given = request.uri.queryParameters
        let values = [
            "timeZone": visitor.zone ?? "", "currency": (visitor.currency ?? defaultCurrency).rawValue,
            "quantity": "1", "splitRule": SplitRule.any.rawValue,
        ]
        if let text = given["performance"], !text.isEmpty {
            guard let performance = try await performance(String(text), for: requester) else {
                throw Problem.notFound("event")
            }
            return try await page(FormFields(values), performance, request, context)
        }
        if given["event"] == "other" { return try await page(FormFields(values), nil, request, context) }
        guard try await catalogue.hasComing() else { return try await page(FormFields(values), nil, request, context) }
        return try await choose(request, context)
    }

    private func performance(_ text: String, for requester: Requester) async throws -> ListedPerformance? {
        guard let id = PerformanceID(text) else { return nil }
        return try await ListedPerformance.read([id], in: catalogue, for: requester)[id]
    }

    // MARK: - The event

    private func choose(_ request: Request, _ context: APIContext) async throws -> Response {
        try budget.take(addresses.of(request, context))
        let visitor = Visitor(request)
        let typed = FormFields(query: request.uri.query)["q"]
        let text = SearchFilters.searchText(typed)
        let found = try await catalogue.performances(
            PerformanceSearch(text: text, zone: visitor.zone), limit: Self.limit)
        var notes = SearchNotes()
        notes.corrections = found.corrections
        let now = Timestamp.now()
        let view: View = [
            "text": typed, "heading": text == nil ? "Coming up" : "Is it one of these?",
            "rows": found.performances.map { performance -> View in
                var row = PerformanceView.row(performance, title: true, prices: [], now: now, visitor)
                row["path"] = "/sell" + URLEncoding.query([("performance", "\(performance.id)")])
                row["none"] = false
                return row
            },
            "isEmpty": found.performances.isEmpty, "hasMore": found.next != nil,
            "similar": SearchNotesView.view(notes, text.map { [(name: "q", value: $0)] } ?? [], path: "/sell"),
            "propose": "/propose" + URLEncoding.query([("title", text)]), "unlisted": Self.unlistedPath,
        ]
        return try pages.page("sell-event", view, PageHead("Sell tickets"), request, context)
    }

    // MARK: - The tickets

    private func sell(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        var form = try await FormFields(request, context)
        var performance: ListedPerformance?
        if !form["performance"].isEmpty {
            performance = try await self.performance(form["performance"], for: requester)
            guard performance != nil else { throw Problem.notFound("event") }
        }
        guard
            let input = ListingFormInput(
                &form, changing: nil, performance: performance?.state, for: Visitor(request), now: .now()),
            let title = input.title
        else {
            return try await page(form, performance, status: .unprocessableContent, request, context)
        }
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /sell", form: form, keys: keys)
        do {
            return try await send(input.creation(title, of: performance, by: requester), command)
        } catch let used as FormAlreadyUsed {
            form.fail(
                nil, "You already listed tickets with this form. To list these as well, press “List tickets” again.")
            return try await page(form, performance, status: .conflict, made: "/tickets/\(used.id)", request, context)
        } catch {
            let problem = Problem.report(error, context)
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try await page(form, performance, status: problem.status, request, context)
        }
    }

    private func send(_ create: CreateListing, _ command: CommandRequest) async throws -> Response {
        do {
            return try await gateway.send(create, to: .listings, as: command).redirect { "/tickets/\($0)" }
        } catch let problem as Problem where problem.code == Problem.keyReused.code {
            guard try await listings.listing(ListingID(command.id.uuid)) == nil else {
                throw FormAlreadyUsed(id: command.id)
            }
            return try await gateway.send(create, to: .listings, as: command.identifiedByInput)
                .redirect { "/tickets/\($0)" }
        }
    }

    /// - Parameter made: path of the listing that this form already created.
    private func page(
        _ form: FormFields, _ performance: ListedPerformance?, status: HTTPResponse.Status = .ok, made: String? = nil,
        _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let visitor = Visitor(request)
        let state = performance?.state
        if let state, let closed = PerformanceView.status(state, now: .now()), state.status != .proposed {
            let view = OutcomePage.view(
                title: "You can't sell tickets for this date", "\(state.title). \(closed.text)",
                links: [.init("Choose another event", "/sell")])
            return try pages.page("outcome", view, PageHead("Sell tickets"), request, context)
        }
        let (book, place) = (await listings.pricing(), state.map { PricePlace($0) } ?? PricePlace())
        var fields = ListingForm.view(
            form, isFixed: false, hasPerformance: state != nil, isNew: true, for: visitor)
        fields["performance"] = state?.id.description
        fields["quote"] = SellerQuote.view(form, book, at: place, for: visitor, now: .now())
        let view: View = [
            "performance": state.map { Self.chosen($0, visitor) }, "form": fields,
            "terms": SellerQuote.terms(
                book, at: place, Currency.inAnyCase(form["currency"]), for: visitor, now: .now()),
            "summary": form.summary, "made": made, "key": form.nextKey(after: status),
        ]
        return try pages.page("sell", view, PageHead("Sell tickets"), status: status, request, context)
    }

    private static func chosen(_ state: PerformanceState, _ visitor: Visitor) -> View {
        [
            "id": state.id.description, "title": state.title,
            "art": CategoryView.art(of: state.category, title: state.title),
            "when": visitor.venueTime(state.times.startsAt, in: state.venue.timeZone),
            "place": "\(state.venue.name), \(state.venue.city)", "isWaiting": state.status == .proposed,
        ]
    }
}
