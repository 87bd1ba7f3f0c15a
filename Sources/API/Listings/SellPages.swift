import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/sell`: the choice of an event. ``DraftPages`` has the steps that follow. For an event that the catalogue does not
/// have, `/sell` shows one form that describes the event and the tickets.
struct SellPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let listings: ListingReads
    let catalogue: CatalogueReads
    let drafts: DraftPages
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
        _ = try context.requireUser()
        let visitor = Visitor(request)
        let given = request.uri.queryParameters
        let values = [
            "timeZone": visitor.zone ?? "", "currency": (visitor.currency ?? defaultCurrency).rawValue,
            "quantity": "1", "splitRule": SplitRule.any.rawValue,
        ]
        if let text = given["performance"], !text.isEmpty {
            guard let id = PerformanceID(String(text)) else { throw Problem.notFound("event") }
            return try await drafts.tickets(FormFields(values), nil, id, request, context)
        }
        if given["event"] == "other" { return try await page(FormFields(values), request, context) }
        guard try await catalogue.hasComing() else { return try await page(FormFields(values), request, context) }
        return try await choose(request, context)
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
            "rows": PerformanceView.rows(found.performances, toSell: true, now: now, visitor),
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
        guard let input = ListingFormInput(&form, changing: nil, for: Visitor(request), now: .now()),
            let title = input.title
        else {
            return try await page(form, status: .unprocessableContent, request, context)
        }
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /sell", form: form, keys: keys)
        do {
            return try await send(input.creation(title, of: nil, by: requester), command)
        } catch let used as FormAlreadyUsed {
            form.fail(
                nil, "You already listed tickets with this form. To list these as well, press “List tickets” again.")
            return try await page(form, status: .conflict, made: "/tickets/\(used.id)", request, context)
        } catch {
            let problem = Problem.report(error, context)
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try await page(form, status: problem.status, request, context)
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
        _ form: FormFields, status: HTTPResponse.Status = .ok, made: String? = nil, _ request: Request,
        _ context: APIContext
    ) async throws -> Response {
        let visitor = Visitor(request)
        let (book, place) = (await listings.pricing(), PricePlace())
        var fields = ListingForm.view(form, isFixed: false, isNew: true, for: visitor)
        fields["quote"] = SellerQuote.view(form, book, at: place, for: visitor, now: .now())
        let view: View = [
            "form": fields,
            "terms": SellerQuote.terms(
                book, at: place, Currency.inAnyCase(form["currency"]), for: visitor, now: .now()),
            "summary": form.summary, "made": made, "key": form.nextKey(after: status),
        ]
        return try pages.page("sell", view, PageHead("Sell tickets"), status: status, request, context)
    }
}
