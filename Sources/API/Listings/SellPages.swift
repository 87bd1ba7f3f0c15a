import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/sell`: the form to list tickets.
struct SellPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let listings: ListingReads
    let keys: DerivedKeys
    let defaultCurrency: Currency

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/sell") { request, context in
            _ = try context.requireUser()
            let visitor = Visitor(request)
            let values = [
                "timeZone": visitor.zone ?? "", "currency": (visitor.currency ?? defaultCurrency).rawValue,
                "quantity": "1", "splitRule": SplitRule.any.rawValue,
            ]
            return try page(FormFields(values), request, context)
        }
        routes.post("/sell") { request, context in try await sell(request, context) }
    }

    private func sell(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        var form = try await FormFields(request, context)
        guard let input = ListingFormInput(&form, changing: nil, for: Visitor(request), now: .now()),
            let title = input.title
        else {
            return try page(form, status: .unprocessableContent, request, context)
        }
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /sell", form: form, keys: keys)
        let create = CreateListing(
            title: title, price: input.price, currency: input.currency, quantity: input.quantity,
            splitRule: input.splitRule, details: input.details, userVersion: requester.version)
        do {
            return try await send(create, command)
        } catch let used as FormAlreadyUsed {
            form.fail(
                nil, "You already listed tickets with this form. To list these as well, press “List tickets” again.")
            return try page(form, status: .conflict, made: "/tickets/\(used.id)", request, context)
        } catch {
            let problem = Problem.report(error, context)
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try page(form, status: problem.status, request, context)
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
    ) throws -> Response {
        let view: View = [
            "form": ListingForm.view(form, isFixed: false, for: Visitor(request)), "summary": form.summary,
            "made": made,
            "key": form.nextKey(after: status),
        ]
        return try pages.page("sell", view, PageHead("Sell tickets"), status: status, request, context)
    }
}
