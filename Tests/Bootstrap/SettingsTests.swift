import Marketplace
import Services
import Testing

@testable import Bootstrap

@Suite struct SettingsTests {
    private let minimal = [
        "DATABASE_URL": "postgresql://gittix:hunter2@db/gittix",
        "REDIS_URL": "redis://:hunter2@cache:6379", "ALLOW_UNSAFE_STORES": "true",
        "SIGNING_SECRET": Self.secret,
    ]
    private static let secret = "mZ8qv0Xn2LcR7tYp4KsWb6HdJf1GgUeA"

    private var api: [String: String] {
        minimal.merging([
            "PUBLIC_URL": "https://tickets.example.com/",
            "SIGNING_SECRET": "\(Self.secret),\(String(Self.secret.reversed()))01234567",
            "STRIPE_WEBHOOK_SECRET": "whsec_one,whsec_two",
        ]) { _, new in new }
    }

    /// Reads the settings of `Workers` for these services.
    @discardableResult
    private func workers(
        _ services: ServiceName..., from variables: [String: String]
    ) throws(SettingsError) -> Settings.Workers {
        let reader = SettingsReader(variables)
        let schemas = ServiceRegistry.topology.withSchema.filter(services.contains)
        let settings = try Settings.workers(reader, schemas: schemas, services: services.count)
        for service in ServiceRegistry.all where services.contains(service.name) { _ = try service.workers(reader) }
        return settings
    }

    @Test func theAPIHasDefaults() throws {
        let settings = try Settings.api(schemas: ServiceRegistry.topology.withSchema, from: api)
        #expect(settings.process.environment == .production)
        #expect(settings.process.logFormat == .json)
        #expect(settings.web.port == 8080)
        #expect(settings.web.host == "0.0.0.0")
        #expect(settings.web.publicURL == "https://tickets.example.com")
        #expect(settings.web.signingSecrets.map(\.exposed.count) == [32, 40])
        #expect(settings.web.stripeWebhookSecrets.map(\.exposed) == ["whsec_one", "whsec_two"])
        #expect(settings.databases.poolSize == 4)
        #expect(settings.redis.keyPrefix == "gittix")
    }

    @Test func aWorkerNeedsOnlyTheSettingsOfItsServices() throws {
        let settings = try workers(.users, .orders, from: minimal)
        #expect(settings.databases.poolSize == 5)
        #expect(settings.databases.url(of: .listings) == nil)
        #expect(throws: SettingsError.missing(.stripeSecretKey)) { try workers(.payments, from: minimal) }
        #expect(throws: Never.self) { try workers(.expiration, from: ["REDIS_URL": "redis://localhost"]) }
        var unsigned = minimal
        unsigned["SIGNING_SECRET"] = nil
        #expect(throws: SettingsError.missing(.signingSecret)) { try workers(.orders, from: unsigned) }
    }

    @Test func eachServiceMayHaveItsOwnDatabase() throws {
        var variables = api
        variables["ORDERS_DATABASE_URL"] = "postgres://other/orders"
        let separate = try Settings.api(schemas: ServiceRegistry.topology.withSchema, from: variables).databases
        #expect(separate.url(of: .orders)?.exposed == "postgres://other/orders")
        #expect(
            separate.servicesByURL[Secret("postgresql://gittix:hunter2@db/gittix")] == [
                .catalogue, .payments, .listings, .users,
            ])
        variables["API_DATABASE_URL"] = "postgres://reader@db/gittix"
        #expect(
            try Settings.api(schemas: ServiceRegistry.topology.withSchema, from: variables).databases.servicesByURL
                .count == 1)
        #expect(
            try Settings.operating(schemas: ServiceRegistry.topology.withSchema, from: variables).databases
                .servicesByURL.count == 2)
    }

    @Test func migrationsHaveTheirOwnAddressBehindAPooler() throws {
        var variables = minimal
        variables["MIGRATION_DATABASE_URL"] = "postgres://direct/gittix"
        variables["ORDERS_DATABASE_URL"] = "postgres://other/orders"
        let databases = try Settings.migrating(schemas: [.users, .orders], from: variables).databases
        #expect(databases.url(of: .users)?.exposed == "postgres://direct/gittix")
        #expect(databases.url(of: .orders)?.exposed == "postgres://other/orders")
        #expect(try workers(.users, from: variables).databases.url(of: .users)?.exposed == minimal["DATABASE_URL"])
    }

    @Test(arguments: [
        ("PORT", "99999", "0 to 65535"), ("PORT", "80a", "whole number"), ("ENVIRONMENT", "prod", "development"),
        ("LOG_LEVEL", "loud", "warning"), ("PUBLIC_URL", "tickets.example.com", "https://"),
        ("PUBLIC_URL", "https://example.com/path", "only"), ("PUBLIC_URL", "http://tickets.example.com", "https://"),
        ("PUBLIC_URL", "http://localhost.example.com", "https://"), ("REDIS_URL", "http://cache", "redis://"),
        ("REDIS_KEY_PREFIX", "a{b}", "braces"), ("REDIS_EVICTION_CHECK", "no", "skip"),
        ("REDIS_ALLOW_SELF_SIGNED", "maybe", "true or false"), ("COMMAND_WAIT_SECONDS", "0", "1 to 25"),
        ("DATABASE_POOL_SIZE", "-1", "whole number"), ("SHED_BACKLOG", "9999999999999999999", "whole number"),
    ])
    func theErrorForAWrongValueNamesItAndSaysWhatToDo(name: String, value: String, advice: String) {
        let variables = api.merging([name: value]) { _, new in new }
        let error = #expect(throws: SettingsError.self) {
            try Settings.api(schemas: ServiceRegistry.topology.withSchema, from: variables)
        }
        #expect(error?.variable == name)
        #expect(error?.advice.contains(advice) == true)
        #expect(error?.description.contains("\n") == false)
    }

    @Test(arguments: ["DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SIGNING_SECRET", "STRIPE_WEBHOOK_SECRET"])
    func theErrorForAMissingVariableNamesIt(name: String) {
        for value in [nil, ""] {
            var variables = api
            variables[name] = value
            let error = #expect(throws: SettingsError.self) {
                try Settings.api(schemas: ServiceRegistry.topology.withSchema, from: variables)
            }
            #expect(error?.variable == name)
            #expect(error?.advice.hasPrefix("is not set") == true)
        }
    }

    @Test(arguments: [
        ("SIGNING_SECRET", "too-short-a-secret"), ("STRIPE_WEBHOOK_SECRET", "whsec_x,hush"),
        ("DATABASE_URL", "mysql://root:hush@db"), ("REDIS_URL", "redis://:hush@cache:port"),
    ])
    func aWrongSecretIsNotShown(name: String, value: String) {
        let variables = api.merging([name: value]) { _, new in new }
        let error = #expect(throws: SettingsError.self) {
            try Settings.api(schemas: ServiceRegistry.topology.withSchema, from: variables)
        }
        #expect(error?.variable == name)
        #expect(error?.description.contains("hush") == false)
        #expect(error?.description.contains("too-short") == false)
    }

    @Test func aDumpOfTheSettingsHasNoSecret() throws {
        var text = ""
        dump(try Settings.api(schemas: ServiceRegistry.topology.withSchema, from: api), to: &text)
        dump(try StripeSettings(SettingsReader(api.merging(["STRIPE_SECRET_KEY": "sk_hush"]) { $1 })), to: &text)
        for secret in ["hunter2", "mZ8q", "whsec", "sk_hush"] { #expect(!text.contains(secret)) }
    }

    @Test func developmentNeedsNoPublicURL() throws {
        var variables = api.merging(["ENVIRONMENT": "development", "PORT": "8090"]) { _, new in new }
        variables["PUBLIC_URL"] = nil
        let settings = try Settings.api(schemas: ServiceRegistry.topology.withSchema, from: variables)
        #expect(settings.web.publicURL == "http://localhost:8090")
        #expect(settings.web.host == "127.0.0.1")
        #expect(settings.process.logFormat == .text)
    }

    @Test func stripeRequiresTLSInProduction() {
        var variables = api.merging(["STRIPE_SECRET_KEY": "sk", "STRIPE_API_BASE": "http://sandbox:12111"]) { $1 }
        let error = #expect(throws: SettingsError.self) { try workers(.payments, from: variables) }
        #expect(error?.variable == "STRIPE_API_BASE")
        variables["ENVIRONMENT"] = "development"
        #expect(throws: Never.self) { try workers(.payments, from: variables) }
    }
}
