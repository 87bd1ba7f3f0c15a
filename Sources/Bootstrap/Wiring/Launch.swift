public import Logging
public import ServiceLifecycle
import UnixSignals

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The common part of every executable's `main`.
public enum Launch {
    /// Sets up logging for the process and its libraries, and returns a logger. Call it once, at the start of `main`.
    public static func logging(_ settings: ProcessSettings, label: String) -> Logger {
        LoggingSystem.bootstrap(
            { label, provider in
                LineLogHandler(
                    label: label, format: settings.logFormat, level: settings.logLevel, metadataProvider: provider)
            }, metadataProvider: nil)
        return Logger(label: label)
    }

    /// Runs `body`. If it throws, writes the error to standard error as one line, and exits with status 1.
    public static func main(_ name: String, _ body: @Sendable () async throws -> Void) async {
        do {
            try await body()
        } catch {
            writeError("\(name): \(error)")
            exit(1)
        }
    }

    /// Writes one line to standard error.
    public static func writeError(_ text: String) { StandardOutput.writeError("\(LogLine.printable(text))\n") }

    /// The time that services have after SIGTERM or SIGINT to finish their batch and to release their other entries.
    private static let shutdownGrace: Duration = .seconds(18)
    /// The time for cancelled services to end. Hosts kill a process 30 s after SIGTERM.
    private static let cancellationGrace: Duration = .seconds(2)

    /// Runs the services until one of them ends, or until SIGTERM or SIGINT. Returns when all services have ended.
    ///
    /// Services that exceed the grace period are cancelled. If they still do not end, the process exits.
    ///
    /// - Parameter started: The message and metadata to log when all services have started.
    public static func run(
        _ services: [any Service], logger: Logger,
        started: (message: Logger.Message, Logger.Metadata) = ("Running", [:])
    ) async throws {
        OpenFiles.raiseLimit()
        var configuration = ServiceGroupConfiguration(
            services: services + [StartLine(message: started.message, metadata: started.1, logger: logger)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        configuration.maximumGracefulShutdownDuration = shutdownGrace
        configuration.maximumCancellationDuration = cancellationGrace
        try await ServiceGroup(configuration: configuration).run()
    }
}

/// Logs that all services have started and signals are handled.
private struct StartLine: Service {
    let message: Logger.Message
    let metadata: Logger.Metadata
    let logger: Logger

    func run() async throws {
        logger.info(message, metadata: metadata.merging(["version": "\(Version.current)"]) { given, _ in given })
        try await gracefulShutdown()
    }
}
