import ArgumentParser
import FoundationEssentials
import Marketplace
import Services
import Streams

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Pauses the workers of a service.",
        discussion: """
            The workers finish their batches. After at most a second, they read nothing new until `gittix resume`. New \
            commands wait in Redis; if too many wait, the API refuses more. Committed work continues: events are \
            published, calls to Stripe are made, and overdue orders expire. A pause survives restarts, but not the \
            loss of Redis's data.
            """)
    @Argument(help: "A service, or all.", transform: servicesNamed) var service: [ServiceName]

    func run() async throws {
        let (services, name) = (service, Self.operatorName)
        try await OperatorContext.open { context in
            let pauses = Pauses(redis: context.redis, keys: context.keys)
            for service in services {
                if let current = try await pauses.pause(service, by: name, at: .now()) {
                    print(PauseText.line(current, of: service))
                } else {
                    print("\(service): paused. Continue with `gittix resume \(service)`")
                }
            }
        }
    }

    /// The operator's name, which is shown with the pause.
    private static var operatorName: String {
        let process = ProcessInfo.processInfo
        return "\(process.environment["USER"] ?? "operator")@\(process.hostName)"
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Resumes a paused service.",
        discussion: "Its workers read again after at most half a second.")
    @Argument(help: "A service, or all.", transform: servicesNamed) var service: [ServiceName]

    func run() async throws {
        let services = service
        try await OperatorContext.open { context in
            let pauses = Pauses(redis: context.redis, keys: context.keys)
            for service in services {
                print("\(service): \(try await pauses.resume(service) ? "resumed" : "was not paused")")
            }
        }
    }
}

enum PauseText {
    static func line(_ pause: Pauses.Pause, of service: ServiceName, now: Timestamp = .now()) -> String {
        "\(service): \(problem(pause, of: service, now: now))"
    }

    static func problem(_ pause: Pauses.Pause, of service: ServiceName, now: Timestamp = .now()) -> String {
        let since = Timestamp(milliseconds: pause.sinceMilliseconds)
        let elapsed = Readable.duration(milliseconds: max(Int(now.milliseconds - since.milliseconds), 0))
        return "paused since \(since) (\(elapsed)) by \(Readable.line(pause.by)): `gittix resume \(service)`"
    }
}

/// Returns the services that an argument names: one service, or all.
@Sendable func servicesNamed(_ text: String) throws -> [ServiceName] {
    if text == "all" { return ServiceRegistry.topology.names }
    guard let service = ServiceRegistry.topology.named(text) else {
        throw unknownService(text, alternative: ", or all")
    }
    return [service]
}

/// Returns the service that an argument names.
@Sendable func serviceNamed(_ text: String) throws -> ServiceName {
    guard let service = ServiceRegistry.topology.named(text) else { throw unknownService(text) }
    return service
}

private func unknownService(_ text: String, alternative: String = "") -> ValidationError {
    let names = ServiceRegistry.topology.names.map(\.rawValue).joined(separator: ", ")
    return ValidationError("there is no service “\(Readable.line(text))”: name one of \(names)\(alternative)")
}
