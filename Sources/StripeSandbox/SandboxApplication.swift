import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// The sandbox's HTTP server and background services.
struct SandboxApplication: Sendable {
    let sandbox: Sandbox
    let services: ServiceGroup

    /// - Parameter onRunning: Called with the port once the server listens.
    init(
        _ settings: SandboxSettings, logger: Logger, signals: [UnixSignal] = [.sigterm, .sigint],
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        let sandbox = Sandbox(settings: settings)
        let router = Router()
        APIRoutes(sandbox: sandbox, logger: logger).add(to: router)
        PageRoutes(sandbox: sandbox, logger: logger).add(to: router)
        ControlRoutes(sandbox: sandbox).add(to: router)
        var serverLogger = logger
        // Hummingbird's log lines would repeat the sandbox's log lines.
        serverLogger.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            router: router,
            configuration: .init(address: .hostname(settings.host, port: settings.port), serverName: "StripeSandbox"),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? settings.port
                logger.info("Stripe sandbox is ready", metadata: ["url": "http://\(settings.host):\(port)"])
                await onRunning(port)
            }, logger: serverLogger)
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: ExpirationTicker(sandbox: sandbox)),
                .init(service: WebhookDelivery(sandbox: sandbox, logger: logger)), .init(service: application),
            ], gracefulShutdownSignals: signals, logger: serverLogger)
        configuration.maximumGracefulShutdownDuration = .seconds(3)
        self.sandbox = sandbox
        services = ServiceGroup(configuration: configuration)
    }

    func run() async throws {
        try await services.run()
    }
}
