import ArgumentParser
import Bootstrap
import FoundationEssentials
import Marketplace
import Services
import Storage
import Streams

struct BackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Delivers the current state of all facts of a service to a follower.",
        discussion: """
            Without --execute it only prints what it would do.

            It reads the service's facts in the order of their ids, and delivers each with its current version through \
            the follower's command stream, at the pace of the follower's workers. A state changes only an older copy, \
            so a backfill is safe to repeat. After an interruption, the next run continues after the last delivered \
            page. Run it for a follower that is new or was dropped.
            """)
    @Argument(help: "The service with the facts.", transform: serviceNamed) var owner: ServiceName
    @Option(name: .customLong("to"), help: "The follower.", transform: serviceNamed) var follower: ServiceName
    @Flag(help: "Begin with the first fact, even if an earlier run was interrupted.") var restart = false
    @Flag(help: "Deliver the states.") var execute = false

    func validate() throws {
        guard ServiceRegistry.topology.followers(of: owner).contains(follower) else {
            throw ValidationError("\(follower) does not follow \(owner)")
        }
        guard Self.declaration(of: owner) != nil else {
            throw ValidationError(
                "\(owner) has no facts that others copy: deliver its events with `gittix replay events`")
        }
    }

    func run() async throws {
        let (owner, follower, restart, execute) = (owner, follower, restart, execute)
        try await OperatorContext.open(databases: .operating) { context in
            guard let declaration = Self.declaration(of: owner) else { return }
            try await Self.run(declaration, to: follower, restart: restart, execute: execute, context: context)
        }
    }

    private static func declaration(of owner: ServiceName) -> (any CopyDeclaration)? {
        func service(_ declaration: some CopyDeclaration) -> ServiceName { declaration.facts.service }
        return ServiceRegistry.copies.first { service($0) == owner }
    }

    private static func run(
        _ declaration: some CopyDeclaration, to follower: ServiceName, restart: Bool, execute: Bool,
        context: OperatorContext
    ) async throws {
        let backfill = Backfill(facts: declaration.facts, follower: follower, context: context)
        if restart { try await backfill.forgetCursor() }
        guard execute else { return print(try await backfill.plan()) }
        let count = try await backfill.run()
        print("\(declaration.facts.service): delivered \(count) states to \(follower)")
    }
}

/// Delivers the current state of each fact to a follower, in pages.
struct Backfill<State: Fact>: Sendable {
    let facts: ServiceFacts<State>
    let follower: ServiceName
    let context: OperatorContext
    var pageSize = 500

    private var cursor: BackfillCursor {
        BackfillCursor(of: facts.service, to: follower, redis: context.redis, keys: context.keys)
    }

    func forgetCursor() async throws { try await cursor.clear() }

    func plan() async throws -> String {
        let start = try await cursor.load().map { "continuing after \($0)" } ?? "from the first"
        return """
            \(facts.service): all states to \(follower), \(start).
            Nothing was delivered. Run with --execute to deliver.
            """
    }

    /// Delivers all pages after the cursor. Returns the number of states.
    func run(maximumPages: Int = .max) async throws -> Int {
        let redelivery = Redelivery(redis: context.redis, keys: context.keys)
        let pool = try context.pool(of: facts.service)
        var last = try await cursor.load()?.uuid
        var count = 0
        for _ in 0..<maximumPages {
            let states = try await facts.page(after: last, limit: pageSize, on: pool)
            guard let end = states.last?.factID else {
                try await cursor.clear()
                break
            }
            try await redelivery.waitForRoom(of: follower, from: facts.service)
            let now = try await context.now(of: facts.service)
            // The events have new ids, so every inbox accepts them. A repeated state changes nothing, because its
            // version is the same.
            let events = try states.map { EventEnvelope(try OutboxEvent($0.announcement, at: now), isNew: false) }
            try await redelivery.deliver(events.map { (0, $0) }, of: facts.service, to: follower)
            // The cursor is stored last, because a page that is delivered twice does no harm.
            try await cursor.store(CommandID(end))
            (last, count) = (end, count + states.count)
        }
        return count
    }
}
