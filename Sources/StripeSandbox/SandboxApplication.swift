import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// The whole sandbox, ready to run.
struct SandboxApplication: Sendable {
    let sandbox: Sandbox
    let services: ServiceGroup

    /// - Parameter onRunning: called with the port once the sandbox listens.
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
        // Hummingbird's own lines repeat ours.
        serverLogger.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            router: router,
            configuration: .init(address: .hostname(settings.host, port: settings.port), serverName: "StripeSandbox"),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? settings.port
                logger.info("The Stripe sandbox is ready on http://\(settings.host):\(port)")
                await onRunning(port)
            }, logger: serverLogger)
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: Clockwork(sandbox: sandbox)),
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
