import Bootstrap
import CurlClient
import Foundation
import Logging
import Marketplace
import ServiceLifecycle
import Services
import Support

@testable import API

/// The API, which runs in the test process with its own database and key prefix. It can also start a worker process.
final class RunningAPI: Sendable {
    let port: Int
    let environment: [String: String]
    let routes: RouteTable
    let document: OpenAPIDocument
    private let group: ServiceGroup
    private let running: Task<Void, any Error>
    private let workers: ChildProcess?

    static let secret = String(repeating: "s", count: 40)
    static let webhookSecret = "whsec_of_a_test"

    /// - Parameters:
    ///   - workers: the services that the workers run.
    ///   - logger: The API's logger. By default it writes errors only.
    ///   - settings: additional settings for the API and the workers.
    static func start(
        workers: [ServiceName] = [], redisURL: String? = nil, bodyTimeout: Duration = RequestLimits.bodyTimeout,
        drain: Drain? = nil, logger: Logger? = nil, _ settings: [String: String] = [:]
    ) async throws -> RunningAPI {
        var environment = try Self.environment(["DATABASE_URL": try await TestServers.freshDatabase()])
        if let redisURL { environment["REDIS_URL"] = redisURL }
        environment["LOG_LEVEL"] = "error"
        environment.merge(settings) { _, given in given }
        return try await RunningAPI(
            environment: environment, workers: workers, bodyTimeout: bodyTimeout, drain: drain, logger: logger)
    }

    /// Starts a second API on the same database and key prefix.
    func another(_ settings: [String: String] = [:]) async throws -> RunningAPI {
        try await RunningAPI(environment: environment.merging(settings) { _, given in given }, workers: [])
    }

    private init(
        environment: [String: String], workers: [ServiceName], bodyTimeout: Duration = RequestLimits.bodyTimeout,
        drain: Drain? = nil, logger given: Logger? = nil
    ) async throws {
        self.environment = environment
        var process: ChildProcess?
        if !workers.isEmpty {
            var variables = environment
            variables["LOG_LEVEL"] = "info"
            variables["LOG_FORMAT"] = "text"
            process = try await ProductProcess.start(
                "Workers", workers.map(\.rawValue), environment: variables, ready: "Workers started")
        }
        self.workers = process
        var logger = given ?? Logger(label: "API")
        if given == nil { logger.logLevel = .error }
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let app = try await App.build(
            try Settings.api(schemas: ServiceRegistry.topology.withSchema, from: environment), logger: logger,
            bodyTimeout: bodyTimeout, drain: drain,
            // Other tests may keep all threads of the process busy.
            banWait: .seconds(10)
        ) {
            port.yield($0)
        }
        routes = app.routes
        document = try OpenAPIDocument()
        let group = ServiceGroup(configuration: .init(services: app.services, logger: logger))
        self.group = group
        running = Task {
            defer { port.finish() }
            try await group.run()
        }
        guard let found = await ports.first(where: { _ in true }) else {
            try await running.value
            throw SupportError("the API ended before it was ready")
        }
        self.port = found
    }

    /// Stops the API and the workers, and returns when they have ended.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
        try await workers?.terminate()
    }

    func triggerShutdown() async { await group.triggerGracefulShutdown() }

    func waitUntilStopped() async throws { try await running.value }

    deinit {
        running.cancel()
        workers?.send(.kill)
    }

    /// A client with its own cookies.
    func client() -> APIClient { APIClient(origin: "http://127.0.0.1:\(port)", document: document) }
}

extension RunningAPI {
    /// Settings with which the API can start.
    static func environment(_ settings: [String: String] = [:]) throws -> [String: String] {
        [
            "ENVIRONMENT": "development", "PORT": "0", "REDIS_URL": try TestServers.redisURL,
            "REDIS_KEY_PREFIX": TestServers.keyPrefix(), "SIGNING_SECRET": secret,
            "STRIPE_WEBHOOK_SECRET": webhookSecret, "SIGN_UPS_PER_MINUTE": "10000", "SIGN_INS_PER_MINUTE": "10000",
            "SEARCHES_PER_MINUTE": "1000000", "RENEWALS_PER_MINUTE": "1000000",
            "COMMANDS_PER_MINUTE": "10000", "OPEN_HOLDS_PER_BUYER": "0", "UNITS_PER_BUYER": "0",
            "LAPSED_HOLDS_PER_BUYER": "0", "NEW_SELLER_LISTINGS": "0", "NEW_SELLER_UNITS": "0",
        ].merging(settings) { _, given in given }
    }

    /// An access token for a user that is not in the database.
    func token(of user: UserID = .new(), version: Int64 = 1) async throws -> String {
        let tokens = AccessTokens(secrets: [Self.secret], lifetime: .seconds(900))
        let user = AccountReply(id: user, role: .member, version: version, createdAt: .now())
        return try tokens.sign(user: user, session: .new())
    }
}
