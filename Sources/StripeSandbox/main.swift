import FoundationEssentials
import Logging

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

LoggingSystem.bootstrap { StreamLogHandler.standardOutput(label: $0) }
let environment = ProcessInfo.processInfo.environment
var logger = Logger(label: "StripeSandbox")
if let level = environment["LOG_LEVEL"].flatMap({ Logger.Level(rawValue: $0) }) { logger.logLevel = level }

do {
    let settings = try SandboxSettings(environment: environment)
    try await SandboxApplication(settings, logger: logger).run()
} catch {
    logger.critical("Stripe sandbox stopped because of an error", metadata: ["error": "\(error)"])
    exit(1)
}
