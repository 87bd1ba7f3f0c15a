import Hummingbird

/// `/api/commands`, and the page that waits for a command.
struct CommandsResource: Resource {
    let openAPI: [UInt8]? = PackageResources.commands_json

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        let watch = CommandWatch(
            transport: dependencies.transport, budget: dependencies.budgets.unknownCommands,
            addresses: dependencies.addresses)
        CommandRoutes(watch: watch).add(to: groups.api.group("/api/commands"))
        WaitingPages(watch: watch, pages: dependencies.pages).add(to: groups.pages)
    }
}
