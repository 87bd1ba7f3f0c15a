import Hummingbird

/// `/api/users`, and the pages to sign up, sign in and manage the account.
struct UsersResource: Resource {
    let openAPI: [UInt8]? = PackageResources.users_json

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        let (gateway, users, keys, pages) = (
            dependencies.gateway, dependencies.users, dependencies.keys, dependencies.pages
        )
        let (hasher, signInLimits, guesses, addresses) = (
            dependencies.hasher, dependencies.signInLimits, dependencies.guesses, dependencies.addresses
        )
        let (cookies, devices) = (dependencies.cookies, dependencies.devices)
        let sessions = SessionStart(
            gateway: gateway, tokens: dependencies.tokens, cookies: cookies, devices: devices,
            addresses: addresses, budget: dependencies.budgets.renewals)
        let password = PasswordCheck(
            gateway: gateway, users: users, hasher: hasher, signInLimits: signInLimits, guesses: guesses,
            devices: devices,
            addresses: addresses)
        let account = OwnAccount(
            gateway: gateway, users: users, hasher: hasher, signInLimits: signInLimits, guesses: guesses,
            addresses: addresses)
        let signUp = SignUpRoute(
            gateway: gateway, hasher: hasher, sessions: sessions, signInLimits: signInLimits, addresses: addresses,
            keys: keys)

        let routes = UserRoutes(
            signUp: signUp, password: password, sessions: sessions, renewal: dependencies.renewal, gateway: gateway,
            users: users, bans: dependencies.bans, addresses: addresses)
        routes.addAnonymous(to: groups.anonymousAPI.group("/api/users"))
        routes.addTokens(to: groups.crossOriginAPI.group("/api/users"))
        routes.add(to: groups.api.group("/api/users"))
        AccountRoutes(account: account, users: users, cookies: cookies, keys: keys)
            .add(to: groups.api.group("/api/users"))

        let signIn = SignInPages(signUp: signUp, password: password, sessions: sessions, pages: pages, keys: keys)
        signIn.addAnonymous(to: groups.anonymousPages)
        signIn.add(to: groups.pages)
        AccountPages(
            account: account, users: users, cookies: cookies, pages: pages, keys: keys
        ).add(to: groups.pages)
    }
}
