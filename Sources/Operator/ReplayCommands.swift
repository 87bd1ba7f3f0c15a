import ArgumentParser
import Bootstrap
import Marketplace
import PostgresClient
import Storage
import Streams

struct ReplayCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Delivers again what was delivered before.", subcommands: [Events.self])

    struct Events: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delivers a service's events again to those who follow it.",
            discussion: """
                Without --execute it only tells what it would do.

                The events come from the outbox, as far back as that goes: what every follower has settled is dropped \
                there in time, a million events at once (`gittix doctor` brings a copy up to date without it). They go \
                through each follower's inbox, at the pace of its workers; streams and the positions of groups stay as \
                they are. A state that is told again changes only a copy that is older, so it harms nothing and may be \
                done twice. Events of payments tell of steps: they keep their ids, and what was taken in within 48 \
                hours is not taken in again.
                """)
        @Option(help: "From where: the number of an outbox row (42 or 42-0), or a time (2026-11-22T14:00:00Z).")
        var from: Place
        @Option(help: "Whose events. All services' when left out, if --from is a time.", transform: ownerNamed)
        var service: Service?
        @Option(name: .customLong("to"), help: "To which follower alone.", transform: serviceNamed)
        var follower: Service?
        @Flag(help: "Do it.") var execute = false

        func validate() throws {
            if case .number = from, service == nil {
                throw ValidationError("a number is of one service's outbox: name it by --service")
            }
            if let service, let follower, !service.followers.contains(follower) {
                throw ValidationError(
                    "\(follower) does not follow \(service): "
                        + "\(service.followers.map(\.rawValue).joined(separator: ", ")) do")
            }
        }

        func run() async throws {
            let (from, services) = (from, service.map { [$0] } ?? Service.allCases.filter(\.hasSchema))
            let (follower, execute) = (follower, execute)
            try await Surgery.open(for: .operating) { surgery in
                for service in services {
                    let followers = service.followers.filter { follower == nil || $0 == follower }
                    guard !followers.isEmpty else { continue }
                    let replay = Replay(service: service, followers: followers, surgery: surgery)
                    try await replay.run(from: from, execute: execute)
                }
                if !execute { print("Nothing was done: --execute does it.") }
            }
        }
    }

    /// Where to begin.
    enum Place: ExpressibleByArgument, Hashable, Sendable {
        case number(Int64)
        case time(Timestamp)

        init?(argument: String) {
            if let number = Int64(argument) ?? StreamID(argument).flatMap({ Int64(exactly: $0.milliseconds) }) {
                guard number >= 0 else { return nil }
                self = .number(number)
            } else if let time = Timestamp(argument) {
                self = .time(time)
            } else {
                return nil
            }
        }
    }
}

/// Events of one service on their way to followers for a second time.
private struct Replay {
    let service: Service
    let followers: [Service]
    let surgery: Surgery

    private static let page = 500

    func run(from place: ReplayCommands.Place, execute: Bool) async throws {
        let (outbox, pool) = (Outbox(service: service), try surgery.pool(of: service))
        guard let extent = try await outbox.extent(on: pool), let first = try await first(place, of: extent),
            first <= extent.last
        else { return print("\(service): no events from there on") }
        if case .number(let asked) = place, asked < extent.first, extent.first > 1 {
            print("\(service): the outbox begins with \(extent.first) (\(extent.since)); what was before is dropped")
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

    private func first(_ place: ReplayCommands.Place, of extent: Outbox.Extent) async throws -> Int64? {
        switch place {
        case .number(let number): max(number, extent.first)
        case .time(let time): try await Outbox(service: service).first(since: time, on: surgery.pool(of: service))
        }
    }

    private func deliver(
        _ range: ClosedRange<Int64>, to follower: Service, from outbox: Outbox, on pool: PostgresPool
    ) async throws {
        let redelivery = Redelivery(redis: surgery.redis, keys: surgery.keys)
        var position = range.lowerBound - 1
        while position < range.upperBound {
            let rows = try await outbox.read(after: position, limit: Self.page, on: pool)
                .prefix { $0.id <= range.upperBound }
            guard let last = rows.last else { break }
            try await waitForRoom(in: redelivery, of: follower)
            try await redelivery.deliver(
                rows.map { (number: UInt64($0.id), event: EventEnvelope($0.event, isNew: service != .payments)) },
                of: service, to: follower)
            position = last.id
        }
    }

    /// Workers that don't run will not make room: that is told, and waited for.
    private func waitForRoom(in redelivery: Redelivery, of follower: Service) async throws {
        var isTold = false
        while try await redelivery.backlog(of: follower) >= Redelivery.room {
            if !isTold { print("\(service): waiting for \(follower) to work through its inbox") }
            isTold = true
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

extension EventEnvelope {
    /// - Parameter isNew: With an id of its own, which no inbox has seen.
    init(_ event: OutboxEvent, isNew: Bool) {
        self.init(
            id: isNew ? .new() : EventID(event.id), type: event.type, payloadVersion: event.v, at: event.at,
            subject: event.subject, version: event.version, trace: event.trace, body: event.body)
    }
}

@Sendable private func ownerNamed(_ text: String) throws -> Service {
    let service = try serviceNamed(text)
    guard service.hasSchema else {
        throw ValidationError("\(service) has no outbox: its events are in Redis alone")
    }
    return service
}
