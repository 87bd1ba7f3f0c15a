import Hummingbird
import Marketplace
import Services

/// `/law/:place`: the limits on the price of a resold ticket at a place, with their sources.
struct LawPages: Sendable {
    let pages: Pages
    let listings: ListingReads

    private static let everywhere = "everywhere"

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/law/:place") { request, context in try await show(request, context) }
    }

    static func path(of jurisdiction: String) -> String {
        "/law/" + (jurisdiction == PricePolicy.everywhere ? everywhere : jurisdiction)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let text = context.parameters.get("place") ?? ""
        let code = text == Self.everywhere ? PricePolicy.everywhere : text
        let book = await listings.pricing()
        let policies = [book.current(in: code), book.announced(in: code)].compactMap(\.self)
        guard let name = policies.first?.content.name else { throw Problem.notFound("place") }
        let view: View = ["place": name, "policies": policies.map { Self.view($0) }]
        let head = PageHead(
            "Ticket prices in \(name)", description: "The limits on the price of a resold ticket in \(name).",
            canonical: Self.path(of: code))
        return try pages.page("law", view, head, request, context)
    }

    private static func view(_ stored: Versioned<PricePolicy>) -> View {
        let policy = stored.content
        return [
            "status": status(policy), "tone": policy.status == .announced ? "wait" : "good",
            "limit": limit(policy),
            "conditions": conditions(policy),
            "discloses": policy.discloses.isEmpty ? nil : ["texts": policy.discloses] as View,
            "from": policy.validFrom.rawValue, "to": policy.validTo?.rawValue, "source": policy.source,
            "checked": policy.checkedOn.rawValue, "note": policy.note,
        ]
    }

    private static func status(_ policy: PricePolicy) -> String {
        switch policy.status {
        case .inForce: "The law"
        case .announced: "Announced"
        case .operator: "Our own rule"
        case .repealed: "No longer in force"
        }
    }

    private static func limit(_ policy: PricePolicy) -> String {
        guard policy.basis != .none else { return "There is no limit on the price." }
        let text = "A ticket may be resold for at most \(policy.limitText(in: policy.currency ?? .usd))."
        return policy.status == .announced ? text + " This is not in force yet." : text
    }

    private static func conditions(_ policy: PricePolicy) -> [String] {
        [
            policy.declaredEventsOnly ? "It applies only to events that were declared." : nil,
            policy.restrictedTicketsOnly
                ? "It applies to tickets whose resale is restricted. We don't know which those are: sellers must check."
                : nil,
            policy.occasionalOnly ? "Tickets may be resold only occasionally, and not as a business." : nil,
            policy.needsOrganiser ? "Regular resale needs the permission of the organiser." : nil,
            policy.proof == .document ? "The seller must be able to show the receipt." : nil,
        ].compactMap(\.self)
    }
}
