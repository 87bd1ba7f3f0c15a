import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `POST /tickets/:id/orders`: holds tickets and redirects to the order. If holding fails, ``HoldOutcomePages`` shows
/// the reason.
///
/// The form sends `quantity`, or the `seats` that the buyer wants, the `price` of one unit that the page showed (in
/// minor units) with its `currency`, and a `key`.
struct HoldPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let listings: ListingReads
    let orders: OrderReads
    let keys: DerivedKeys

    static let route = "POST /tickets/:id/orders"

    func add(to routes: RouterGroup<APIContext>) {
        // After a failed POST, the browser shows this path, so signing in or reloading requests it with GET.
        routes.get("/tickets/:id/orders") { _, context in
            Response.seeOther("/tickets/\(try context.pageID(of: Kind.Listing.self, "ticket"))")
        }
        routes.post("/tickets/:id/orders") { request, context in try await hold(request, context) }
    }

    private func hold(_ request: Request, _ context: APIContext) async throws -> Response {
        var form = try await FormFields(request, context)
        let id = try context.pageID(of: Kind.Listing.self, "ticket")
        guard let listing = try await listings.listing(id) else { throw Problem.notFound("ticket") }
        var outcome = HoldOutcomePages(listing: listing, visitor: Visitor(request))
        guard context.isSignedIn else { return try show(outcome.signedOut, .unauthorized, request, context) }
        let requester = try context.requireUser()
        guard listing.state.sellerId != requester.id else {
            return try show(outcome.own, .conflict, request, context)
        }
        guard let price = Int64(form["price"]), let currency = Currency(rawValue: form["currency"]) else {
            throw Problem.notForm
        }
        let seats = try Self.seats(form["seats"])
        // The quantity is the number of chosen seats, if the buyer has chosen some.
        let quantity =
            seats?.count ?? form.integer("quantity", "how many tickets", 1...OrderState.quantityLimit)
        guard let quantity else { return try show(outcome.unclear(form), .unprocessableContent, request, context) }

        outcome.asked = (quantity, price, currency)
        let command = CommandRequest(
            request, context, actor: requester.actor, route: Self.route, form: form, keys: keys)
        let order = CreateOrder(
            ticketId: id, quantity: quantity, seats: seats, price: price, currency: currency,
            ticketVersion: listing.state.version,
            userVersion: requester.version)
        do {
            return try await send(order, command)
        } catch let used as FormAlreadyUsed {
            return try show(outcome.used("/orders/\(used.id)"), .conflict, request, context)
        } catch let problem as Problem {
            // The page must show the current listing, which may have changed since.
            outcome.listing = try await listings.listing(id) ?? listing
            let left = try await orders.availability(of: id)?.left ?? 0
            guard let view = outcome.refused(problem, left: left) else { throw problem }
            return try show(view, problem.status, request, context)
        }
    }

    /// The seats that the buyer has chosen from those that the page offered, or nil for any seats.
    private static func seats(_ text: String) throws(Problem) -> [String]? {
        guard !text.isEmpty else { return nil }
        guard text.utf8.count <= SeatText.limit, let names = SeatText.names(text), !names.isEmpty else {
            throw Problem.notForm
        }
        return names
    }

    private func send(_ order: CreateOrder, _ command: CommandRequest) async throws -> Response {
        do {
            return try await gateway.send(order, to: .orders, as: command).redirect { "/orders/\($0)" }
        } catch let problem as Problem where problem.code == Problem.keyReused.code {
            // The buyer went back and changed the form. If the form's first command was refused, this is a new attempt.
            // If the first command made an order, a second order needs a new form.
            guard try await orders.order(OrderID(command.id.uuid)) == nil else { throw FormAlreadyUsed(id: command.id) }
            return try await gateway.send(order, to: .orders, as: command.identifiedByInput).redirect {
                "/orders/\($0)"
            }
        }
    }

    private func show(
        _ view: View, _ status: HTTPResponse.Status, _ request: Request, _ context: APIContext
    ) throws -> Response {
        let title = view["title"] as? String ?? ""
        return try pages.page("outcome", view, PageHead(title), status: status, request, context)
    }
}
