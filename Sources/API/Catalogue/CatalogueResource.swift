import Bootstrap
import Hummingbird

/// The home page, the pages of events, `/api/events`, `/api/performances`, `/api/venues`, and the curation of the
/// catalogue under `/api/admin`.
struct CatalogueResource: Resource {
    let openAPI: [UInt8]? = PackageResources.catalogue_json

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        let (gateway, catalogue, keys) = (dependencies.gateway, dependencies.catalogue, dependencies.keys)
        CatalogueRoutes(
            gateway: gateway, users: dependencies.users, catalogue: catalogue, keys: keys,
            budget: dependencies.budgets.searches, addresses: dependencies.addresses
        ).add(to: groups.api.group("/api"))
        CurationRoutes(gateway: gateway, users: dependencies.users, catalogue: catalogue, keys: keys)
            .add(to: groups.api.group("/api/admin"))

        let imports = ImportSender(gateway: gateway, catalogue: catalogue)
        ImportRoutes(sender: imports, users: dependencies.users).add(to: groups.api.group("/api/admin"))
        ImportPages(pages: dependencies.pages, sender: imports, users: dependencies.users).add(to: groups.pages)

        let (pages, listings, bans) = (dependencies.pages, dependencies.listings, dependencies.bans)
        let currency = dependencies.web.defaultCurrency
        HomePages(
            pages: pages, catalogue: catalogue, listings: listings,
            browse: BrowsePages(
                pages: pages, listings: listings, bans: bans, keys: keys, defaultCurrency: currency),
            bans: bans, keys: keys, defaultCurrency: currency, budget: dependencies.budgets.searches,
            addresses: dependencies.addresses
        ).add(to: groups.pages)
        EventPages(
            pages: pages, users: dependencies.users, catalogue: catalogue, listings: listings, keys: keys,
            budget: dependencies.budgets.dates, addresses: dependencies.addresses
        ).add(to: groups.pages)
        ProposePages(
            pages: pages, gateway: gateway, users: dependencies.users, catalogue: catalogue, keys: keys,
            budget: dependencies.budgets.searches, addresses: dependencies.addresses
        ).add(to: groups.pages)
        CurationPages(pages: pages, gateway: gateway, users: dependencies.users, catalogue: catalogue, keys: keys)
            .add(to: groups.pages)
        let sender = CurationSender(gateway: gateway, keys: keys)
        EntryPages(pages: pages, users: dependencies.users, catalogue: catalogue, sender: sender).add(to: groups.pages)
        MergePages(pages: pages, users: dependencies.users, catalogue: catalogue, sender: sender).add(to: groups.pages)
        DuplicatePages(pages: pages, users: dependencies.users, catalogue: catalogue, sender: sender)
            .add(to: groups.pages)
        PerformancePages(
            pages: pages, users: dependencies.users, catalogue: catalogue, listings: listings, bans: bans, keys: keys,
            budget: dependencies.budgets.dates, addresses: dependencies.addresses
        ).add(to: groups.pages)
    }
}
