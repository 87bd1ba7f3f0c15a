import HTTPTypes
import Hummingbird
import Marketplace
import Services

/// `POST /api/tickets/:id/reports`: a signed-in user reports a listing to the admins.
///
/// A report requires an account. Otherwise an admin could not distinguish one angry visitor from a hundred.
struct ReportRoutes: Sendable {
    let gateway: CommandGateway
    let keys: DerivedKeys
    let budget: AddressBudget
    let addresses: ClientAddress

    func add(to routes: RouterGroup<APIContext>) {
        routes.post(":id/reports") { request, context in
            let requester = try context.requireUser()
            let id = try context.id(of: Kind.Listing.self)
            let body = try await request.jsonBody(context)
            let input = try ReportInput(body)
            try budget.take(addresses.of(request, context))
            let command = try CommandRequest(
                request, context, actor: requester.actor, route: "POST /api/tickets/:id/reports", body: body,
                keys: keys)
            let report = ReportListing(
                ticketId: id, reason: input.reason, text: input.text, userVersion: requester.version)
            return try await gateway.send(report, to: .listings, as: command).response(.created)
        }
    }
}
