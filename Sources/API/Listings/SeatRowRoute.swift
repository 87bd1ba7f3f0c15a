import Hummingbird
import Marketplace

/// `/sell/row`: the row of seats that the script draws while a seller types their numbers.
struct SeatRowRoute: Sendable {
    let pages: Pages
    let budget: AddressBudget
    let addresses: ClientAddress

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/sell/row") { request, context in
            try budget.take(addresses.of(request, context))
            let names = SeatText.names(FormFields(query: request.uri.query)[ListingForm.seats]) ?? []
            let isValid = !names.isEmpty && SeatNames.refusal(of: names) == nil
            let view = isValid ? SeatRow.view(names, free: .max) : nil
            return Response.fragment(try view.map { try pages.fragment("seats", $0) } ?? "")
        }
    }
}
