public import CurlClient
import Foundation
import Synchronization

/// Runs all processes of GitTix on a separate database and Redis. Everything ends with the test process.
public final class SystemHarness: Sendable {
    /// A running process of GitTix.
    public struct RunningProcess: Sendable {
        public let type: ProcessType
        public let process: ChildProcess
        /// The origin of an API process, such as `http://127.0.0.1:8080`. Empty for workers.
        public let origin: String
    }

    /// The running Stripe sandbox.
    public struct Sandbox: Sendable {
        public let process: ChildProcess
        public let origin: String
        public let secretKey: String
    }

    public let database: Psql
    public let redis: RedisServer
    public let sandbox: Sandbox
    public let http: CurlClient
    /// The settings shared by all processes.
    public let settings: [String: String]
    private let started = Mutex<[RunningProcess]>([])

    private init(
        database: Psql, redis: RedisServer, sandbox: Sandbox, http: CurlClient, settings: [String: String]
    ) {
        self.database = database
        self.redis = redis
        self.sandbox = sandbox
        self.http = http
        self.settings = settings
    }

    deinit {
        for running in started.withLock({ $0 }) { running.process.send(.kill) }
        sandbox.process.send(.kill)
    }

    // MARK: Starting and stopping

    /// Starts a system, runs the body, and stops the system. If the body throws, prints the logs.
    public static func run(
        _ formation: Formation = .small, settings: [String: String] = [:],
        isolation: isolated (any Actor)? = #isolation,
        _ body: (SystemHarness) async throws -> Void
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

    /// Starts a system and waits until all its processes are ready.
    public static func start(_ formation: Formation, settings: [String: String] = [:]) async throws -> SystemHarness {
        let redis = try await RedisServer.start()
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
            // All browsers of a test share one IP address, so they need high limits.
            "SIGN_UPS_PER_MINUTE": "1000000", "SIGN_INS_PER_MINUTE": "1000000",
            "COMMANDS_PER_MINUTE": "1000000", "SEARCHES_PER_MINUTE": "1000000", "RENEWALS_PER_MINUTE": "1000000",
            // Few users cause the load of a test, so each orders and sells a lot.
            "NEW_SELLER_LISTINGS": "0", "NEW_SELLER_UNITS": "0",
            "OPEN_HOLDS_PER_BUYER": "0", "UNITS_PER_BUYER": "0", "LAPSED_HOLDS_PER_BUYER": "0",
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
                // Each API process gets every webhook. A repeated webhook has no further effect.
                "STRIPE_SANDBOX_WEBHOOK_URL": apiPorts.map { "http://127.0.0.1:\($0)/webhooks/stripe" }
                    .joined(separator: ","),
                "STRIPE_SANDBOX_RETRY_MS": "200",
            ], ready: nil)
        let system = SystemHarness(
            database: Psql(common["DATABASE_URL"] ?? database), redis: redis,
            sandbox: Sandbox(
                process: sandboxProcess, origin: sandbox, secretKey: common["STRIPE_SECRET_KEY"] ?? ""),
            http: CurlClient(maxConnectionsPerHost: 512, userAgent: "test"), settings: common)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (type, count) in formation where count > 0 {
                for number in 0..<count {
                    let port = type == .api ? apiPorts[number] : nil
                    group.addTask { try await system.add(type, port: port) }
                }
            }
            try await group.waitForAll()
        }
        try await system.waitUntilHealthy(sandbox, "/healthz", process: sandboxProcess, name: "the sandbox")
        return system
    }

    /// Starts one more process.
    ///
    /// - Parameters:
    ///   - settings: Settings for this process only.
    ///   - waitsUntilReady: True to wait until it is ready.
    @discardableResult
    public func add(
        _ type: ProcessType, port: Int? = nil, settings own: [String: String] = [:], waitsUntilReady: Bool = true
    ) async throws -> RunningProcess {
        var environment = settings.merging(own) { _, given in given }
        let running: RunningProcess
        if type == .api {
            let free = if let port { port } else { try await FreePort.find() }
            environment["PORT"] = "\(free)"
            let process = try await ProductProcess.start("API", environment: environment, ready: nil)
            running = RunningProcess(type: type, process: process, origin: "http://127.0.0.1:\(free)")
        } else {
            let process = try await ProductProcess.start(
                "Workers", [type.rawValue], environment: environment, ready: nil)
            running = RunningProcess(type: type, process: process, origin: "")
        }
        started.withLock { $0.append(running) }
        if waitsUntilReady { try await waitUntilReady(running) }
        return running
    }

    public func waitUntilReady(_ running: RunningProcess) async throws {
        if running.type == .api {
            try await waitUntilHealthy(running.origin, "/readyz", process: running.process, name: "API")
        } else {
            try await running.process.waitForOutput("Workers started", within: .seconds(30))
        }
    }

    private func waitUntilHealthy(
        _ origin: String, _ path: String, process: ChildProcess, name: String
    ) async throws {
        let browser = TestBrowser([origin], http: http)
        let isReady = try await eventually("\(name) is ready:\n\(process.output.suffix(4000))", within: .seconds(30)) {
            () -> Bool? in
            if process.exitStatus != nil { return false }
            return try await browser.get(path).status == 200 ? true : nil
        }
        guard isReady else { throw SupportError("\(name) ended before it was ready:\n\(process.output.suffix(4000))") }
    }

    /// Kills every running process.
    public func stop() async throws {
        let processes = started.withLock { started in
            defer { started = [] }
            return started.map(\.process)
        }
        for process in processes + [sandbox.process] { try await process.killAndWait() }
        await http.shutdown()
    }

    // MARK: Using the system

    /// The running processes of a type.
    public func processes(_ type: ProcessType) -> [RunningProcess] {
        started.withLock { $0 }.filter { $0.type == type && $0.process.exitStatus == nil }
    }

    /// The origins of the running API processes.
    public var origins: [String] { processes(.api).map(\.origin) }

    /// A browser that is not signed in.
    public func browser() -> TestBrowser { TestBrowser(origins, http: http) }

    /// Runs the `gittix` command and returns its output. Throws if the command fails.
    @discardableResult
    public func gittix(_ arguments: String...) async throws -> String {
        let process = try await ProductProcess.start("gittix", arguments, environment: settings, ready: nil)
        guard try await process.waitForExit() == .exit(0) else {
            throw SupportError("gittix \(arguments.joined(separator: " ")) failed:\n\(process.output)")
        }
        return process.output
    }

    /// Gets an object from the sandbox's API.
    public func stripe(_ path: String) async throws -> JSON {
        let browser = TestBrowser([sandbox.origin], http: http)
        return try await browser.open(
            sandbox.origin + path, headers: ["Authorization": "Bearer \(sandbox.secretKey)"]
        ).expect(200).json
    }

    /// Adds a fault rule to the sandbox (docs/STRIPE-SANDBOX.md).
    public func addFault(_ rule: JSON) async throws {
        try await TestBrowser([sandbox.origin], http: http).post("/_sandbox/faults", rule).expect(201)
    }

    /// The last log lines of each process, without access log lines. The complete logs are written to files.
    public func logs() -> String {
        let directory = NSTemporaryDirectory() + "gittix-logs-\(UUID().uuidString.prefix(8))"
        try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let processes = started.withLock { $0 }.map { ($0.process, $0.origin) }
        let tails = (processes + [(sandbox.process, sandbox.origin)]).map { process, origin in
            let file = "\(directory)/\(process.name.replacing(" ", with: "-"))-\(process.pid).log"
            try? process.output.write(toFile: file, atomically: false, encoding: .utf8)
            let lines = process.output.split(separator: "\n").filter { !$0.contains(": Request  ") }
            let exitStatus = process.exitStatus.map { " (\($0))" } ?? ""
            return "──── \(process.name) \(origin)\(exitStatus), complete log in \(file)\n"
                + lines.suffix(15).map { $0.prefix(500) + "\n" }.joined()
        }
        return tails.joined(separator: "\n")
    }

    /// The complete output of all processes.
    public var output: String {
        (started.withLock { $0 }.map(\.process) + [sandbox.process]).map(\.output).joined(separator: "\n")
    }
}
