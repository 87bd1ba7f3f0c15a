/// `/healthz`, `/readyz`, `/openapi.json` and `/.well-known/security.txt`.
struct OperationsResource: Resource {
    let openAPI: [UInt8]? = PackageResources.operations_json

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        OperationsRoutes(
            readiness: dependencies.readiness, openAPI: dependencies.openAPI, web: dependencies.web
        ).add(to: groups.root)
    }
}
