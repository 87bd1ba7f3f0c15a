/// The files that pages need, `/robots.txt` and the sitemaps.
struct WebResource: Resource {
    let openAPI: [UInt8]? = nil

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        dependencies.pages.assets.add(to: groups.root)
        DiscoveryRoutes(
            publicURL: dependencies.pages.publicURL, listings: dependencies.listings,
            catalogue: dependencies.catalogue, budget: dependencies.budgets.searches,
            addresses: dependencies.addresses
        ).add(to: groups.root)
    }
}
