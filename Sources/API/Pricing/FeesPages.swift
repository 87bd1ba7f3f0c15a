import Foundation
import Hummingbird
import Marketplace
import Services

/// `/fees`: the fees in force, and the places with a limit on prices.
struct FeesPages: Sendable {
    let pages: Pages
    let listings: ListingReads

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/fees") { request, context in try await show(request, context) }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let (book, visitor) = (await listings.pricing(), Visitor(request))
        let rules = book.rulesInForce(now: .now()).map { Self.row($0.content, visitor) }
        let places = book.places
        let view: View = [
            "rules": rules.isEmpty ? nil : ["rows": rules] as View,
            "places": places.isEmpty
                ? nil
                : [
                    "rows": places.map { ["name": Self.title($0.name), "path": LawPages.path(of: $0.code)] as View }
                ] as View,
        ]
        let head = PageHead(
            "Fees", description: "What GitTix charges for a ticket, and where ticket prices are limited.",
            canonical: "/fees")
        return try pages.page("fees", view, head, request, context)
    }

    static func title(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }

    private static func row(_ rule: FeeRule, _ visitor: Visitor) -> View {
        let scope = rule.scope
        var place: [String] = []
        if let category = scope.category { place.append(CategoryView.of(category).name) }
        if let country = scope.country {
            place.append(Locale(identifier: "en").localizedString(forRegionCode: country) ?? country)
        }
        if let currency = scope.currency { place.append("prices in \(currency)") }
        var limits: [String] = []
        if let currency = scope.currency {
            if let min = rule.min { limits.append("at least \(visitor.formattedPrice(min, currency))") }
            if let max = rule.max { limits.append("at most \(visitor.formattedPrice(max, currency))") }
        }
        return [
            "scope": place.isEmpty ? "All other tickets" : place.joined(separator: ", "),
            "buyer": PriceView.rate(rule.buyerBp, rule.buyerFixed, scope.currency, visitor) ?? "None",
            "seller": PriceView.rate(rule.sellerBp, rule.sellerFixed, scope.currency, visitor) ?? "None",
            "limits": limits.isEmpty ? nil : limits.joined(separator: ", "),
        ]
    }
}
