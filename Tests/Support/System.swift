public import CurlClient
import Foundation
import Synchronization

/// The whole product as processes, on a database and a Redis of its own. Everything ends with the test process.
public final class System: Sendable {
    /// A running process of the product.
    public struct Member: Sendable {
        public let type: ProcessType
        public let process: ChildProcess
        /// Of an API process: `http://127.0.0.1:8080`.
        public let origin: String
    }

    /// Stripe's stand-in.
    public struct Sandbox: Sendable {
        public let process: ChildProcess
        public let origin: String
        public let secretKey: String
    }

    public let database: Psql
    public let redis: OwnRedis
    public let sandbox: Sandbox
    public let http: CurlClient
    /// Of every process, without what only one of them has.
    public let settings: [String: String]
    private let running = Mutex<[Member]>([])

    private init(
        database: Psql, redis: OwnRedis, sandbox: Sandbox, http: CurlClient, settings: [String: String]
    ) {
        self.database = database
        self.redis = redis
        self.sandbox = sandbox
        self.http = http
        self.settings = settings
    }

    deinit {
        for member in running.withLock({ $0 }) { member.process.send(.kill) }
        sandbox.process.send(.kill)
    }

    // MARK: Starting and stopping

    /// Runs a test's body against a system that is ready; when it throws, what the processes wrote is printed.
    public static func run(
        _ formation: Formation = .small, settings: [String: String] = [:],
        isolation: isolated (any Actor)? = #isolation,
        _ body: (System) async throws -> Void
    ) async throws {
        let system = try await start(formation, settings: settings)
        do {
            try await body(system)
        } catch {
            print(system.logs())
            try? await system.stop()
            throw error
        }
        try await system.stop()
    }

    /// A system that is ready.
    public static func start(_ formation: Formation, settings: [String: String] = [:]) async throws -> System {
        let redis = try await OwnRedis.start()
        let database = try await TestServers.freshDatabase(migrated: false)
        var apiPorts: [Int] = []
        for _ in 0..<max(formation[.api] ?? 0, 1) { apiPorts.append(try await FreePort.find()) }
        let sandboxPort = try await FreePort.find()
        let sandbox = "http://127.0.0.1:\(sandboxPort)"
        let secrets = (0..<3).map { _ in UUID().uuidString.replacing("-", with: "") }
        let common = [
            "ENVIRONMENT": "development", "LOG_FORMAT": "text", "LOG_LEVEL": "info",
            "DATABASE_URL": database, "REDIS_URL": redis.url,
            "PUBLIC_URL": "http://127.0.0.1:\(apiPorts[0])",
            "SIGNING_SECRET": secrets[0] + secrets[1],
            "STRIPE_SECRET_KEY": "sk_test_\(secrets[1])",
            "STRIPE_WEBHOOK_SECRET": "whsec_\(secrets[2])",
            "STRIPE_API_BASE": sandbox,
            // All browsers of a test come from one address.
            "SIGN_UPS_PER_MINUTE": "1000000", "SIGN_INS_PER_MINUTE": "1000000",
        ].merging(settings) { _, given in given }

        let migration = try await ProductProcess.start("gittix", ["migrate"], environment: common, ready: nil)
        guard try await migration.waitForExit() == .exit(0) else {
            throw SupportError("gittix migrate failed:\n\(migration.output)")
        }
        let sandboxProcess = try await ProductProcess.start(
            "StripeSandbox",
            environment: [
                "PORT": "\(sandboxPort)", "STRIPE_SECRET_KEY": common["STRIPE_SECRET_KEY"] ?? "",
                "STRIPE_WEBHOOK_SECRET": common["STRIPE_WEBHOOK_SECRET"] ?? "",
                // Each process gets every webhook: one that comes twice is one.
                "STRIPE_SANDBOX_WEBHOOK_URL": apiPorts.map { "http://127.0.0.1:\($0)/webhooks/stripe" }
                    .joined(separator: ","),
                "STRIPE_SANDBOX_RETRY_MS": "200",
            ], ready: nil)
        let system = System(
            database: Psql(common["DATABASE_URL"] ?? database), redis: redis,
            sandbox: Sandbox(
                process: sandboxProcess, origin: sandbox, secretKey: common["STRIPE_SECRET_KEY"] ?? ""),
            http: CurlClient(maxConnectionsPerHost: 512, userAgent: "journey"), settings: common)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (type, count) in formation where count > 0 {
                for number in 0..<count {
                    let port = type == .api ? apiPorts[number] : nil
                    group.addTask { try await system.add(type, port: port) }
                }
            }
            try await group.waitForAll()
        }
        try await system.waitUntilAnswers(sandbox, "/healthz", process: sandboxProcess, name: "the sandbox")
        return system
    }

    /// Starts one more process.
    ///
    /// - Parameters:
    ///   - settings: What it alone has.
    ///   - isReady: Whether to wait until it is ready.
    @discardableResult
    public func add(
        _ type: ProcessType, port: Int? = nil, settings own: [String: String] = [:], isReady: Bool = true
    ) async throws -> Member {
        var environment = settings.merging(own) { _, given in given }
        let member: Member
        if type == .api {
            let free = if let port { port } else { try await FreePort.find() }
            environment["PORT"] = "\(free)"
            let process = try await ProductProcess.start("API", environment: environment, ready: nil)
            member = Member(type: type, process: process, origin: "http://127.0.0.1:\(free)")
        } else {
            let words = type == .all ? ["all"] : type.pools
            let process = try await ProductProcess.start("Workers", words, environment: environment, ready: nil)
            member = Member(type: type, process: process, origin: "")
        }
        running.withLock { $0.append(member) }
        if isReady { try await waitUntilReady(member) }
        return member
    }

    public func waitUntilReady(_ member: Member) async throws {
        if member.type == .api {
            try await waitUntilAnswers(member.origin, "/readyz", process: member.process, name: "API")
        } else {
            try await member.process.waitForOutput("Workers start", within: .seconds(30))
        }
    }

    private func waitUntilAnswers(
        _ origin: String, _ path: String, process: ChildProcess, name: String
    ) async throws {
        let browser = Browserless([origin], http: http)
        let isUp = try await eventually("\(name) is ready:\n\(process.output.suffix(4000))", within: .seconds(30)) {
            () -> Bool? in
            if process.ending != nil { return false }
            return try await browser.get(path).status == 200 ? true : nil
        }
        guard isUp else { throw SupportError("\(name) ended before it was ready:\n\(process.output.suffix(4000))") }
    }

    /// `kill -9` for every process that still runs.
    public func stop() async throws {
        let members = running.withLock { members in
            defer { members = [] }
            return members
        }
        for process in members.map(\.process) + [sandbox.process] { try await process.killNow() }
        await http.shutdown()
    }

    // MARK: Using it

    /// The processes of a type that run.
    public func members(_ type: ProcessType) -> [Member] {
        running.withLock { $0 }.filter { $0.type == type && $0.process.ending == nil }
    }

    /// Every API process.
    public var origins: [String] { members(.api).map(\.origin) }

    /// Someone who is not signed in.
    public func browser() -> Browserless { Browserless(origins, http: http) }

    /// Runs the `gittix` command; throws when it fails.
    @discardableResult
    public func gittix(_ words: String...) async throws -> String {
        let process = try await ProductProcess.start("gittix", words, environment: settings, ready: nil)
        guard try await process.waitForExit() == .exit(0) else {
            throw SupportError("gittix \(words.joined(separator: " ")) failed:\n\(process.output)")
        }
        return process.output
    }

    /// What Stripe's API answers of one object.
    public func stripe(_ path: String) async throws -> JSON {
        let browser = Browserless([sandbox.origin], http: http)
        return try await browser.open(
            sandbox.origin + path, headers: ["Authorization": "Bearer \(sandbox.secretKey)"]
        ).expect(200).json
    }

    /// Makes the sandbox fail as a rule says (docs/STRIPE-SANDBOX.md).
    public func fault(_ rule: JSON) async throws {
        try await Browserless([sandbox.origin], http: http).post("/_sandbox/faults", rule).expect(201)
    }

    /// The last of what each process wrote, without the requests that were answered; all of it lies in files.
    public func logs() -> String {
        let directory = NSTemporaryDirectory() + "gittix-logs-\(UUID().uuidString.prefix(8))"
        try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let members = running.withLock { $0 }.map { ($0.process, $0.origin) }
        let tails = (members + [(sandbox.process, sandbox.origin)]).map { process, origin in
            let file = "\(directory)/\(process.name.replacing(" ", with: "-"))-\(process.pid).log"
            try? process.output.write(toFile: file, atomically: false, encoding: .utf8)
            let lines = process.output.split(separator: "\n").filter { !$0.contains(" answered ") }
            let ending = process.ending.map { " (\($0))" } ?? ""
            return "──── \(process.name) \(origin)\(ending), all in \(file)\n"
                + lines.suffix(15).map { $0.prefix(500) + "\n" }.joined()
        }
        return tails.joined(separator: "\n")
    }

    /// Everything that any process has written.
    public var everythingWritten: String {
        (running.withLock { $0 }.map(\.process) + [sandbox.process]).map(\.output).joined(separator: "\n")
    }
}
