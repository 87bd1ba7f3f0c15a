import Bootstrap
import Hummingbird

/// `/api/quotes` and `/api/policies`, and the pages about fees and the law.
struct PricingResource: Resource {
    let openAPI: [UInt8]? = PackageResources.pricing_json

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        let (pages, listings, catalogue) = (dependencies.pages, dependencies.listings, dependencies.catalogue)
        let (budget, addresses) = (dependencies.budgets.searches, dependencies.addresses)
        QuoteRoutes(listings: listings, catalogue: catalogue, budget: budget, addresses: addresses)
            .add(to: groups.api.group("/api"))
        FeesPages(pages: pages, listings: listings).add(to: groups.pages)
        LawPages(pages: pages, listings: listings).add(to: groups.pages)
        SellerQuoteRoute(
            pages: pages, listings: listings, catalogue: catalogue, budget: budget, addresses: addresses
        ).add(to: groups.pages)
    }
}
