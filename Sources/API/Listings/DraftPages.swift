import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/sell/:id/…`: the steps in which a seller lists tickets for a performance of the catalogue. Each step saves the
/// draft, so the seller can go on later and on another device.
struct DraftPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let listings: ListingReads
    let catalogue: CatalogueReads
    let keys: DerivedKeys
    let defaultCurrency: Currency

    func add(to routes: RouterGroup<APIContext>) {
        // After a session has expired, signing in again redirects here with GET.
        routes.get("/sell/tickets") { _, _ in Response.seeOther("/sell") }
        routes.post("/sell/tickets") { request, context in try await saveTickets(nil, request, context) }
        routes.get("/sell/:id/tickets") { request, context in
            let draft = try await draft(context)
            return try await tickets(DraftForm.tickets(draft.content), draft, draft.performanceId, request, context)
        }
        routes.post("/sell/:id/tickets") { request, context in
            try await saveTickets(try await draft(context), request, context)
        }
        routes.get("/sell/:id/price") { request, context in
            let (draft, visitor) = (try await draft(context), Visitor(request))
            let form = DraftForm.price(draft.content, visitor.currency ?? defaultCurrency, for: visitor)
            return try await price(form, draft, request, context)
        }
        routes.post("/sell/:id/price") { request, context in try await savePrice(request, context) }
        routes.get("/sell/:id/review") { request, context in
            try await review(FormFields(), try await draft(context), request, context)
        }
        routes.post("/sell/:id/review") { request, context in try await list(request, context) }
        routes.get("/sell/:id/delete") { _, _ in Response.seeOther("/listings") }
        routes.post("/sell/:id/delete") { request, context in try await delete(request, context) }
    }

    /// The requester's draft with the id in the path.
    private func draft(_ context: APIContext) async throws -> ListingDraft {
        let requester = try context.requireUser()
        let id = try context.pageID(of: Kind.Draft.self, "unfinished listing")
        guard let draft = try await listings.draft(id, of: requester.id) else {
            throw Problem.notFound("unfinished listing")
        }
        return draft
    }

    private func performance(_ id: PerformanceID, _ context: APIContext) async throws -> ListedPerformance {
        let requester = try context.requireUser()
        guard let performance = try await ListedPerformance.read([id], in: catalogue, for: requester)[id] else {
            throw Problem.notFound("event")
        }
        return performance
    }

    // MARK: - Saving

    private func saveTickets(
        _ draft: ListingDraft?, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        var form = try await FormFields(request, context)
        let id = draft?.performanceId ?? PerformanceID(form["performance"])
        guard let id else { throw Problem.notFound("event") }
        guard let input = TicketsFormInput(&form, hasPerformance: true) else {
            return try await tickets(form, draft, id, status: .unprocessableContent, request, context)
        }
        let content = ListingDraft.Content(input, keeping: draft?.content)
        let next: DraftStep = draft?.content.price == nil ? .price : .review
        return try await save(content, draft, id, &form, then: next, request, context) { form, status in
            try await tickets(form, draft, id, status: status, request, context)
        }
    }

    private func savePrice(_ request: Request, _ context: APIContext) async throws -> Response {
        let draft = try await draft(context)
        var form = try await FormFields(request, context)
        guard let input = PriceFormInput(&form, for: Visitor(request)) else {
            return try await price(form, draft, status: .unprocessableContent, request, context)
        }
        let content = draft.content.with(input)
        return try await save(content, draft, draft.performanceId, &form, then: .review, request, context) {
            form, status in try await price(form, draft, status: status, request, context)
        }
    }

    /// Saves the content and shows the next step, or the form with its faults.
    ///
    /// - Parameter draft: the draft to change, or nil for a new one. Its id depends only on the form, so a form that is
    ///   sent again with other values changes the draft that it made.
    private func save(
        _ content: ListingDraft.Content, _ draft: ListingDraft?, _ id: PerformanceID, _ form: inout FormFields,
        then next: DraftStep, _ request: Request, _ context: APIContext,
        orShow page: (FormFields, HTTPResponse.Status) async throws -> Response
    ) async throws -> Response {
        let requester = try context.requireUser()
        let performance = try await performance(id, context).state
        let route = draft == nil ? "POST /sell/tickets" : "POST /sell/:id/:step"
        let command = CommandRequest(request, context, actor: requester.actor, route: route, form: form, keys: keys)
        let draftID = draft?.id ?? DraftID(command.id.uuid)
        let save = SaveDraft(
            draftId: draftID, mayCreate: draft == nil, performanceId: performance.id,
            performanceVersion: performance.version, content: content, userVersion: requester.version)
        do {
            return try await gateway.send(save, to: .listings, as: command.identifiedByInput)
                .redirect { _ in next.path(of: draftID) }
        } catch {
            let problem = Problem.report(error, context)
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try await page(form, problem.status)
        }
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let id = try context.pageID(of: Kind.Draft.self, "unfinished listing")
        let form = try await FormFields(request, context)
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /sell/:id/delete", form: form, keys: keys)
        return try await gateway.send(DeleteDraft(draftId: id), to: .listings, as: command)
            .redirect { _ in "/listings?done=deleted" }
    }

    // MARK: - Listing

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let id = try context.pageID(of: Kind.Draft.self, "unfinished listing")
        var form = try await FormFields(request, context)
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /sell/:id/review", form: form, keys: keys)
        guard let draft = try await listings.draft(id, of: requester.id) else {
            // A double click: the first one has made the listing, and so deleted the draft.
            let made = ListingID(command.id.uuid)
            guard try await listings.listing(made)?.state.sellerId == requester.id else {
                throw Problem.notFound("unfinished listing")
            }
            return .seeOther("/tickets/\(made)")
        }
        guard form["seen"] == draft.seen else {
            form.fail(nil, "These tickets were changed in the meantime, perhaps in another tab. Check them again.")
            return try await review(form, draft, status: .conflict, request, context)
        }
        let performance = try await performance(draft.performanceId, context)
        guard let listing = draft.listing(of: performance, by: requester) else {
            return .seeOther(DraftStep.price.path(of: id))
        }
        do {
            return try await gateway.send(listing, to: .listings, as: command).redirect { "/tickets/\($0)" }
        } catch {
            let problem = Problem.report(error, context)
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try await review(form, draft, status: problem.status, request, context)
        }
    }

    // MARK: - Pages

    /// The first step. `GET /sell?performance=…` shows it without a draft.
    ///
    /// - Parameter draft: the draft to change, or nil for a new one.
    func tickets(
        _ form: FormFields, _ draft: ListingDraft?, _ id: PerformanceID, status: HTTPResponse.Status = .ok,
        _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let requester = try context.requireUser()
        let visitor = Visitor(request)
        var fields = ListingForm.view(form, isFixed: false, hasPerformance: true, isNew: true, for: visitor)
        let names = SeatText.names(form[ListingForm.seats]).flatMap { $0.isEmpty ? nil : $0 }
        fields["seatRow"] = SeatRow.view(names, free: .max)
        // Another draft of the same event is probably the one that the seller means.
        let other =
            draft != nil || status != .ok
            ? nil : try await listings.drafts(of: requester.id).first { $0.performanceId == id }
        return try await page(
            .tickets, draft, id, form, ["tickets": fields, "other": other.map { DraftStep.tickets.path(of: $0.id) }],
            status: status, request, context)
    }

    private func price(
        _ form: FormFields, _ draft: ListingDraft, status: HTTPResponse.Status = .ok, _ request: Request,
        _ context: APIContext
    ) async throws -> Response {
        let visitor = Visitor(request)
        let place = try await catalogue.pricePlace(of: draft.performanceId, for: context) ?? PricePlace()
        let book = await listings.pricing()
        var fields = ListingForm.view(form, isFixed: false, hasPerformance: true, isNew: true, for: visitor)
        fields["performance"] = draft.performanceId.description
        fields["quote"] = SellerQuote.view(form, book, at: place, for: visitor, now: .now())
        return try await page(
            .price, draft, draft.performanceId, form, ["price": fields], status: status, request, context)
    }

    private func review(
        _ form: FormFields, _ draft: ListingDraft, status: HTTPResponse.Status = .ok, _ request: Request,
        _ context: APIContext
    ) async throws -> Response {
        let (visitor, content) = (Visitor(request), draft.content)
        guard let ask = content.price, let currency = content.currency else {
            return .seeOther(DraftStep.price.path(of: draft.id))
        }
        let place = try await catalogue.pricePlace(of: draft.performanceId, for: context) ?? PricePlace()
        let quote = await listings.pricing().quote(
            ask: ask, currency, faceValue: content.faceValue, at: place, now: .now())
        func text(_ amount: Int64, times quantity: Int = 1) -> String {
            visitor.formattedPrice(amount * Int64(quantity), currency)
        }
        let facts: View = [
            "seen": draft.seen, "section": content.section, "row": content.row,
            "seatRow": SeatRow.view(content.seats, free: .max), "note": content.note,
            "quantity": content.quantity == 1 ? "1 ticket" : "\(visitor.number(content.quantity)) tickets",
            "split": content.quantity == 1 ? nil : SplitChoice.text(of: content.splitRule) ?? "Any number",
            "faceValue": content.faceValue.map { text($0) },
            "buyerPays": text(quote.breakdown.allIn), "youGet": text(quote.breakdown.youGet),
            "youGetForAll": content.quantity == 1
                ? nil : text(quote.breakdown.youGet, times: content.quantity),
            "ticketsPath": DraftStep.tickets.path(of: draft.id), "pricePath": DraftStep.price.path(of: draft.id),
        ]
        return try await page(
            .review, draft, draft.performanceId, form, ["review": facts], status: status, request, context)
    }

    private func page(
        _ step: DraftStep, _ draft: ListingDraft?, _ id: PerformanceID, _ form: FormFields, _ own: View,
        status: HTTPResponse.Status, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let (visitor, now) = (Visitor(request), Timestamp.now())
        let state = try await performance(id, context).state
        if let closed = PerformanceView.status(state, now: now), state.status != .proposed {
            let view = OutcomePage.view(
                title: "You can't sell tickets for this date", "\(state.title). \(closed.text)",
                links: [.init("Choose another event", "/sell")])
            return try pages.page("outcome", view, PageHead("Sell tickets"), request, context)
        }
        let currency = Currency.inAnyCase(form["currency"]) ?? draft?.content.currency ?? defaultCurrency
        let view: View = [
            "action": draft.map { step.path(of: $0.id) } ?? "/sell/tickets",
            "steps": step.links(of: draft?.id, hasPrice: draft?.content.price != nil),
            "performance": Self.chosen(state, isNew: draft == nil, visitor),
            "terms": SellerQuote.terms(
                await listings.pricing(), at: PricePlace(state), currency, for: visitor, now: now),
            "summary": form.summary, "key": form.nextKey(after: status), "delete": draft?.id.description,
            "deleteKey": FormKey.make(),
        ]
        return try pages.page(
            "sell-step", view.merging(own), PageHead(step.title(isNew: draft == nil)), status: status, request, context)
    }

    private static func chosen(_ state: PerformanceState, isNew: Bool, _ visitor: Visitor) -> View {
        [
            "id": state.id.description, "title": state.title,
            "art": CategoryView.art(of: state.category, title: state.title),
            "when": visitor.venueTime(state.times.startsAt, in: state.venue.timeZone),
            "place": "\(state.venue.name), \(state.venue.city)", "isWaiting": state.status == .proposed,
            "isNew": isNew,
        ]
    }
}

extension ListingDraft {
    /// Identifies the content that the seller has seen in the last step.
    fileprivate var seen: String { String(updatedAt.microseconds) }

    /// The command that lists the tickets, or nil if the draft has no price yet.
    fileprivate func listing(of performance: ListedPerformance, by requester: Requester) -> CreateListing? {
        guard let price = content.price, let currency = content.currency else { return nil }
        var create = CreateListing(
            title: performance.state.title, price: price, currency: currency, faceValue: content.faceValue,
            quantity: content.quantity, splitRule: content.splitRule, seats: content.seats, details: content.details,
            draftId: id, userVersion: requester.version)
        performance.complete(&create)
        return create
    }
}
