import Hummingbird

/// `/live`: event streams with changes of listings and orders.
struct LiveResource: Resource {
    let openAPI: [UInt8]? = PackageResources.live_json

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        LiveRoutes(
            hub: dependencies.live.hub, reader: dependencies.live.reader, orders: dependencies.orders,
            addresses: dependencies.addresses
        ).add(to: groups.api.group("/live"))
    }
}
