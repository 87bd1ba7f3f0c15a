/// `/healthz`, `/readyz` and `/openapi.json`.
struct OperationsResource: Resource {
    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        OperationsRoutes(readiness: dependencies.readiness).add(to: groups.root)
    }
}
