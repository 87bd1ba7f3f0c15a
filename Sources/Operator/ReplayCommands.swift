import ArgumentParser
import Bootstrap
import Marketplace
import PostgresClient
import Services
import Storage
import Streams

struct ReplayCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Delivers events again.", subcommands: [Events.self])

    struct Events: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delivers a service's events to its followers again.",
            discussion: """
                Without --execute it only prints what it would do.

                The events come from the outbox. When every follower has settled an event, the outbox drops it after \
                30 days, or earlier if its partition of a million rows is full (`gittix doctor` repairs copies without \
                events). The events go through each follower's command stream, at the pace of its workers. Event \
                streams and the positions of groups do not change. An event with a state changes only an older copy, \
                so a replay is safe to repeat. An event of payments is a step, not a state: it keeps its id, and \
                inboxes ignore it if they accepted it within the last 48 hours.
                """)
        @Option(help: "The start: the id of an outbox row (42 or 42-0), or a time (2026-11-22T14:00:00Z).")
        var from: Start
        @Option(
            help: "The service with the events. All services by default, if --from is a time.", transform: ownerNamed)
        var service: ServiceName?
        @Option(name: .customLong("to"), help: "The only follower to deliver to.", transform: serviceNamed)
        var follower: ServiceName?
        @Flag(help: "Deliver the events.") var execute = false

        func validate() throws {
            if case .row = from, service == nil {
                throw ValidationError("an id belongs to the outbox of one service: name the service with --service")
            }
            if let service, let follower, !ServiceRegistry.topology.followers(of: service).contains(follower) {
                let followers = ServiceRegistry.topology.followers(of: service).map(\.rawValue).joined(separator: ", ")
                throw ValidationError("\(follower) does not follow \(service); its followers are \(followers)")
            }
        }

        func run() async throws {
            let (from, services) = (from, service.map { [$0] } ?? ServiceRegistry.topology.withSchema)
            let (follower, execute) = (follower, execute)
            try await OperatorContext.open(databases: .operating) { context in
                for service in services {
                    let followers = ServiceRegistry.topology.followers(of: service).filter {
                        follower == nil || $0 == follower
                    }
                    guard !followers.isEmpty else { continue }
                    let replay = Replay(service: service, followers: followers, context: context)
                    try await replay.run(from: from, execute: execute)
                }
                if !execute { print("Nothing was delivered. Run with --execute to deliver.") }
            }
        }
    }

    /// The start of a replay.
    enum Start: ExpressibleByArgument, Hashable, Sendable {
        case row(Int64)
        case time(Timestamp)

        init?(argument: String) {
            if let number = Int64(argument) ?? StreamID(argument).flatMap({ Int64(exactly: $0.milliseconds) }) {
                guard number >= 0 else { return nil }
                self = .row(number)
            } else if let time = Timestamp(argument) {
                self = .time(time)
            } else {
                return nil
            }
        }
    }
}

/// Delivers a service's events to followers again.
private struct Replay {
    let service: ServiceName
    let followers: [ServiceName]
    let context: OperatorContext

    private static let pageSize = 500

    func run(from start: ReplayCommands.Start, execute: Bool) async throws {
        let (outbox, pool) = (Outbox(service: service), try context.pool(of: service))
        guard let extent = try await outbox.extent(on: pool), let first = try await firstRow(start, of: extent),
            first <= extent.last
        else { return print("\(service): no events after that") }
        if case .row(let requested) = start, requested < extent.first, extent.first > 1 {
            print("\(service): the outbox begins with \(extent.first) (\(extent.since)); earlier events are dropped")
        }
        let count = try await outbox.count(first...extent.last, on: pool)
        let names = followers.map(\.rawValue).joined(separator: ", ")
        print("\(service): \(count) events, \(first) to \(extent.last), to \(names)")
        guard execute else { return }
        for follower in followers {
            try await deliver(first...extent.last, to: follower, from: outbox, on: pool)
            print("\(service): delivered to \(follower)")
        }
    }

    private func firstRow(_ start: ReplayCommands.Start, of extent: Outbox.Extent) async throws -> Int64? {
        switch start {
        case .row(let id): max(id, extent.first)
        case .time(let time): try await Outbox(service: service).firstID(since: time, on: context.pool(of: service))
        }
    }

    private func deliver(
        _ range: ClosedRange<Int64>, to follower: ServiceName, from outbox: Outbox, on pool: PostgresPool
    ) async throws {
        let redelivery = Redelivery(redis: context.redis, keys: context.keys)
        var position = range.lowerBound - 1
        while position < range.upperBound {
            let rows = try await outbox.read(after: position, limit: Self.pageSize, on: pool)
                .prefix { $0.id <= range.upperBound }
            guard let last = rows.last else { break }
            try await redelivery.waitForRoom(of: follower, from: service)
            try await redelivery.deliver(
                rows.map { (number: UInt64($0.id), event: EventEnvelope($0.event, isNew: service != .payments)) },
                of: service, to: follower)
            position = last.id
        }
    }
}

extension EventEnvelope {
    /// - Parameter isNew: True to give the event a new id, which every inbox accepts.
    init(_ event: OutboxEvent, isNew: Bool) {
        self.init(
            id: isNew ? .new() : EventID(event.id), type: event.type, payloadVersion: event.v, at: event.at,
            subject: event.subject, version: event.version, trace: event.trace, body: event.body)
    }
}

@Sendable private func ownerNamed(_ text: String) throws -> ServiceName {
    let service = try serviceNamed(text)
    guard ServiceRegistry.topology.withSchema.contains(service) else {
        throw ValidationError("\(service) has no outbox: its events are in Redis only")
    }
    return service
}
