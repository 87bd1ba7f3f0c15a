import Bootstrap
import Hummingbird

/// `/api/events`, `/api/performances`, `/api/venues`, and the curation of the catalogue under `/api/admin`.
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
    }
}
