import ArgumentParser
import FoundationEssentials
import Marketplace
import Streams

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Lets a pool's workers take nothing new.",
        discussion: """
            They finish what they have, and read nothing more from a second later at most, until `gittix resume`; what \
            comes waits in Redis, and the API sheds once too much does. What is committed goes on: events are published, \
            calls to Stripe made, overdue orders swept. It survives restarts; a Redis that loses its data resumes all.
            """)
    @Argument(help: "The pool, or all.", transform: poolsNamed) var pool: [Service]

    func run() async throws {
        let (pools, who) = (pool, Self.operatorName)
        try await Desk.open { desk in
            let pauses = Pauses(redis: desk.redis, keys: desk.keys)
            for service in pools {
                if let before = try await pauses.pause(service, by: who, at: .now()) {
                    print(PauseText.line(before, of: service))
                } else {
                    print("\(service): paused. `gittix resume \(service)` lets it go on")
                }
            }
        }
    }

    /// Who asks, for whoever looks later.
    private static var operatorName: String {
        let process = ProcessInfo.processInfo
        return "\(process.environment["USER"] ?? "operator")@\(process.hostName)"
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Lets a paused pool go on.",
        discussion: "Its workers read again from half a second later.")
    @Argument(help: "The pool, or all.", transform: poolsNamed) var pool: [Service]

    func run() async throws {
        let pools = pool
        try await Desk.open { desk in
            let pauses = Pauses(redis: desk.redis, keys: desk.keys)
            for service in pools {
                print("\(service): \(try await pauses.resume(service) ? "resumed" : "was not paused")")
            }
        }
    }
}

enum PauseText {
    static func line(_ pause: Pauses.Pause, of service: Service, now: Timestamp = .now()) -> String {
        let since = Timestamp(milliseconds: pause.sinceMilliseconds)
        let long = Readable.duration(milliseconds: max(Int(now.milliseconds - since.milliseconds), 0))
        return "\(service): paused since \(since) (\(long)) by \(Readable.line(pause.by)): `gittix resume \(service)`"
    }
}

@Sendable func poolsNamed(_ text: String) throws -> [Service] {
    if text == "all" { return Service.allCases }
    guard let service = Service(rawValue: text) else {
        let names = Service.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("there is no pool “\(Readable.line(text))”: take one of \(names), or all")
    }
    return [service]
}
