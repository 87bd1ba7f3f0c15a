import HTTPTypes
import Hummingbird
import Marketplace
import Services

/// `/tickets/:id/report`: a form to report a listing to the admins.
struct ReportPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let listings: ListingReads
    let keys: DerivedKeys
    let budget: AddressBudget
    let addresses: ClientAddress

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/tickets/:id/report") { request, context in try await show(request, context) }
        routes.post("/tickets/:id/report") { request, context in try await send(request, context) }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let (requester, listing) = try await listing(context)
        guard listing.state.sellerId != requester.id else { return .seeOther("/tickets/\(listing.state.id)") }
        guard try await listings.report(of: listing.state.id, by: requester.id) == nil else {
            return try thanks(listing, request, context)
        }
        return try form(FormFields(), listing, request, context)
    }

    private func listing(_ context: APIContext) async throws -> (Requester, Listing) {
        let requester = try context.requireUser()
        guard let listing = try await listings.listing(try context.pageID(of: Kind.Listing.self, "ticket")) else {
            throw Problem.notFound("ticket")
        }
        return (requester, listing)
    }

    private func send(_ request: Request, _ context: APIContext) async throws -> Response {
        let (requester, listing) = try await listing(context)
        var form = try await FormFields(request, context)
        let reason = ListingReport.Reason(rawValue: form["reason"])
        if reason == nil { form.fail("reason", "Choose what is wrong.") }
        let text = form.lines("text", "what is wrong", 0...ListingReport.textLimit)
        guard form.isValid, let reason else {
            return try self.form(form, listing, status: .unprocessableContent, request, context)
        }
        try budget.take(addresses.of(request, context))
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /tickets/:id/report", form: form, keys: keys
        ).identifiedByInput
        let report = ReportListing(
            ticketId: listing.state.id, reason: reason, text: text, userVersion: requester.version)
        do {
            return try await gateway.send(report, to: .listings, as: command)
                .redirect { _ in "/tickets/\(listing.state.id)/report" }
        } catch {
            let problem = Problem.report(error, context)
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try self.form(form, listing, status: problem.status, request, context)
        }
    }

    private func form(
        _ form: FormFields, _ listing: Listing, status: HTTPResponse.Status = .ok, _ request: Request,
        _ context: APIContext
    ) throws -> Response {
        let reasons = ListingReport.Reason.allCases.map { Field.Choice(value: $0.rawValue, text: ReportText.of($0)) }
        let view: View = [
            "id": listing.state.id.description, "title": listing.state.title, "summary": form.summary,
            "fields": [
                Field(
                    "reason", "What's wrong?", .select([.init(value: "", text: "Choose a reason")] + reasons), in: form
                ).view,
                Field(
                    "text", "Tell us more", .textarea(rows: 4), hint: "The seller doesn't see this.", isOptional: true,
                    attributes: [("maxlength", "\(ListingReport.textLimit)")], in: form
                ).view,
            ],
            "key": form.nextKey(after: status),
        ]
        return try pages.page("report", view, PageHead("Report this listing"), status: status, request, context)
    }

    private func thanks(_ listing: Listing, _ request: Request, _ context: APIContext) throws -> Response {
        let view = OutcomePage.view(
            title: "Thanks for your report",
            "We'll look at “\(listing.state.title)” and remove it if something is wrong. The seller doesn't learn who "
                + "reported it.",
            links: [
                .init("Find other tickets", "/"),
                .init("Back to the listing", "/tickets/\(listing.state.id)", isQuiet: true),
            ])
        return try pages.page("outcome", view, PageHead("Thanks for your report"), request, context)
    }
}
