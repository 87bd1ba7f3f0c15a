public import Logging
public import ServiceLifecycle
import UnixSignals

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What every executable's `main` does around its own wiring.
public enum Launch {
    /// Makes the logger of the process and of every library in it. Once, at the start of `main`.
    public static func logging(_ settings: ProcessSettings, label: String) -> Logger {
        LoggingSystem.bootstrap(
            { label, provider in
                LineLogHandler(
                    label: label, format: settings.logFormat, level: settings.logLevel, metadataProvider: provider)
            }, metadataProvider: nil)
        return Logger(label: label)
    }

    /// Runs `body`; when it throws, writes why to standard error as one line and exits with status 1.
    public static func main(_ name: String, _ body: @Sendable () async throws -> Void) async {
        do {
            try await body()
        } catch {
            complain("\(name): \(error)")
            exit(1)
        }
    }

    /// Writes one line to standard error.
    public static func complain(_ text: String) { StandardOutput.writeError("\(LogLine.printable(text))\n") }

    /// Runs the services until one ends or SIGTERM or SIGINT asks the process to stop; returns once all have stopped.
    ///
    /// Hosts kill 30 s after SIGTERM. The services have 18 s to finish their batch and hand back the rest; then they are
    /// cancelled, and 2 s later the process ends whatever they do.
    public static func run(_ services: [any Service], logger: Logger) async throws {
        OpenFiles.raiseLimit()
        var configuration = ServiceGroupConfiguration(
            services: services + [Announcement(logger: logger)], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(18)
        configuration.maximumCancellationDuration = .seconds(2)
        try await ServiceGroup(configuration: configuration).run()
    }
}

/// Says that the services have been started and that signals are heeded from here on.
private struct Announcement: Service {
    let logger: Logger

    func run() async throws {
        logger.info("running")
        try await gracefulShutdown()
    }
}
