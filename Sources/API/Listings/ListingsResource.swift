import Bootstrap
import Hummingbird

/// `/api/tickets`, and the pages to browse, sell and manage listings.
struct ListingsResource: Resource {
    let openAPI: [UInt8]? = PackageResources.listings_json

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        let (pages, gateway, listings, keys) = (
            dependencies.pages, dependencies.gateway, dependencies.listings, dependencies.keys
        )
        let (bans, defaultCurrency) = (dependencies.bans, dependencies.web.defaultCurrency)
        let (budget, addresses) = (dependencies.budgets.searches, dependencies.addresses)
        ListingRoutes(
            gateway: gateway, listings: listings, catalogue: dependencies.catalogue, bans: bans, keys: keys,
            budget: budget, addresses: addresses
        ).add(to: groups.api.group("/api/tickets"))
        let batch = ListingBatch(gateway: gateway)
        ListingBatchRoutes(batch: batch, listings: listings, keys: keys).add(to: groups.api.group("/api/tickets"))
        OfferRoutes(
            listings: listings, catalogue: dependencies.catalogue, bans: bans, keys: keys, budget: budget,
            addresses: addresses
        ).add(to: groups.api.group("/api/performances"))

        let reports = dependencies.budgets.reports
        ReportRoutes(gateway: gateway, keys: keys, budget: reports, addresses: addresses)
            .add(to: groups.api.group("/api/tickets"))
        ReportPages(
            pages: pages, gateway: gateway, listings: listings, keys: keys, budget: reports, addresses: addresses
        ).add(to: groups.pages)
        ListingPages(
            pages: pages, listings: listings, orders: dependencies.orders, bans: bans,
            unitsPerBuyer: dependencies.web.unitsPerBuyer
        ).add(to: groups.pages)
        let drafts = DraftPages(
            pages: pages, gateway: gateway, listings: listings, catalogue: dependencies.catalogue, keys: keys,
            defaultCurrency: defaultCurrency)
        drafts.add(to: groups.pages)
        SeatRowRoute(pages: pages, budget: budget, addresses: addresses).add(to: groups.pages)
        SellPages(
            pages: pages, gateway: gateway, listings: listings, catalogue: dependencies.catalogue, drafts: drafts,
            keys: keys, defaultCurrency: defaultCurrency, budget: budget, addresses: addresses
        ).add(to: groups.pages)
        EditPages(
            pages: pages, gateway: gateway, listings: listings, catalogue: dependencies.catalogue, keys: keys
        ).add(to: groups.pages)
        BulkEditPages(pages: pages, batch: batch, listings: listings, keys: keys).add(to: groups.pages)
        ListingSheetPages(
            pages: pages, batch: batch, listings: listings, catalogue: dependencies.catalogue, keys: keys
        ).add(to: groups.pages)
        OwnListingsPages(
            pages: pages, gateway: gateway, listings: listings, catalogue: dependencies.catalogue, keys: keys
        ).add(to: groups.pages)
    }
}
