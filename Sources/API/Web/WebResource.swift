/// The files that pages need, and `/robots.txt` and `/sitemap.xml`.
struct WebResource: Resource {
    let openAPI: [UInt8]? = nil

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        dependencies.pages.assets.add(to: groups.root)
        DiscoveryRoutes(
            publicURL: dependencies.pages.publicURL, listings: dependencies.listings,
            budget: dependencies.budgets.searches, addresses: dependencies.addresses
        ).add(to: groups.root)
    }
}
