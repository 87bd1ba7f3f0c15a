import HTTPTypes
import Hummingbird
import Marketplace
import Storage

/// `POST /tickets/:id/orders`: holds tickets, on to the order. What stands in the way is told on a page of its own, with
/// the next step.
///
/// The form brings `quantity`, the `price` of one unit that the page showed (in minor units) with its `currency`, and a
/// `key`.
struct HoldPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let tickets: TicketReads
    let orders: OrderReads
    let keys: DerivedKeys

    static let route = "POST /tickets/:id/orders"

    func add(to routes: RouterGroup<APIContext>) {
        // Where what stood in the way was shown: one may sign in from there, or load it again.
        routes.get("/tickets/:id/orders") { _, context in
            Response.seeOther("/tickets/\(try context.pageID(of: Kind.Ticket.self, "ticket"))")
        }
        routes.post("/tickets/:id/orders") { request, context in try await hold(request, context) }
    }

    private func hold(_ request: Request, _ context: APIContext) async throws -> Response {
        var form = try await FormFields(request, context)
        let id = try context.pageID(of: Kind.Ticket.self, "ticket")
        guard let listing = try await tickets.listing(id) else { throw Problem.notFound("ticket") }
        var attempt = Attempt(listing: listing, visitor: Visitor(request))
        guard context.isSomebody else { return try show(attempt.signedOut, .unauthorized, request, context) }
        let requester = try context.requireUser()
        guard listing.state.sellerId != requester.id else {
            return try show(attempt.own, .conflict, request, context)
        }
        guard let price = Int64(form["price"]), let currency = Currency(rawValue: form["currency"]) else {
            throw Problem.notForm
        }
        let quantity = form.integer("quantity", "how many tickets", 1...OrderState.quantityLimit)
        guard let quantity else { return try show(attempt.unclear(form), .unprocessableContent, request, context) }

        attempt.seen = (quantity, price, currency)
        let command = CommandRequest(
            request, context, actor: requester.actor, route: Self.route, form: form, keys: keys)
        let order = CreateOrder(
            ticketId: id, quantity: quantity, price: price, currency: currency, ticketVersion: listing.state.version,
            userVersion: requester.version)
        do {
            return try await send(order, command)
        } catch let used as FormUsed {
            return try show(attempt.used("/orders/\(used.id)"), .conflict, request, context)
        } catch let problem as Problem {
            // What has changed meanwhile is what the page has to show.
            attempt.listing = try await tickets.listing(id) ?? listing
            let left = try await orders.availability(of: id)?.left ?? 0
            guard let view = attempt.refused(problem, left: left) else { throw problem }
            return try show(view, problem.status, request, context)
        }
    }

    private func send(_ order: CreateOrder, _ command: CommandRequest) async throws -> Response {
        do {
            return try await gateway.send(order, to: .orders, as: command).onward { "/orders/\($0)" }
        } catch let problem as Problem where problem.code == Problem.keyReused.code {
            // One went back and chose anew. Where the first choice was refused, this is another try; where it was not,
            // nobody is given a second order unasked.
            guard try await orders.order(OrderID(command.id.uuid)) == nil else { throw FormUsed(id: command.id) }
            return try await gateway.send(order, to: .orders, as: command.ofThisInput).onward { "/orders/\($0)" }
        }
    }

    private func show(
        _ view: View, _ status: HTTPResponse.Status, _ request: Request, _ context: APIContext
    ) throws -> Response {
        let title = view["title"] as? String ?? ""
        return try pages.page("outcome", view, PageHead(title), status: status, request, context)
    }
}
