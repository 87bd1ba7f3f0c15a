import Bootstrap
import Marketplace
import Passwords
import Services
import Storage

/// Dependencies shared by all routes.
struct APIDependencies: Sendable {
    let web: WebSettings
    let pages: Pages

    // MARK: Commands and reads

    let transport: any CommandTransport
    let gateway: CommandGateway
    let users: UserReads
    let listings: ListingReads
    let orders: OrderReads
    let payments: PaymentReads
    let catalogue: CatalogueReads
    /// The databases. A new service makes its reads from them.
    let databases: DatabasePools

    // MARK: Users

    let tokens: AccessTokens
    let keys: DerivedKeys
    let bans: BanList
    let endedSessions: EndedSessions
    let budgets: AddressBudgets
    let signInLimits: SignInLimits
    let guesses: PasswordGuesses
    /// One hasher per process, so its queue limit applies to every caller.
    let hasher: PasswordHasher

    // MARK: The process

    let live: Live
    /// The OpenAPI document.
    let openAPI: CompressibleBody
    let readiness: Readiness

    var addresses: ClientAddress { ClientAddress(trustedProxies: web.trustedProxies) }
}
