import ArgumentParser
import Bootstrap
import Marketplace
import PostgresClient
import Services
import Storage
import Streams

struct FollowersCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "followers", abstract: "Shows how far the followers of each service have read, and drops one.",
        subcommands: [List.self, Drop.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the followers of each service.")

        func run() async throws {
            try await OperatorContext.open(databases: .operating) { context in
                var table = Table(columns: [
                    ("service", .left), ("follower", .left), ("settled", .right), ("behind", .right),
                    ("oldest", .right),
                    ("state", .left),
                ])
                for service in ServiceRegistry.topology.withSchema {
                    table.rows += try await Self.rows(of: service, context: context)
                }
                print(table.text)
            }
        }

        private static func rows(of service: ServiceName, context: OperatorContext) async throws -> [[String]] {
            let (pool, outbox) = (try context.pool(of: service), Outbox(service: service))
            let followers = try await Followers(service: service).rows(on: pool)
            let away = Set(try await context.stream(of: service).catchUp.gaps().map(\.follower))
            let (last, now) = (try await outbox.lastID(on: pool), try await context.now(of: service))
            var rows: [[String]] = []
            for follower in followers {
                let next = try await outbox.read(after: follower.settled, limit: 1, on: pool).first
                let age = next.map { max(Int(now.milliseconds - $0.event.at.milliseconds), 0) }
                let state = follower.isDropped ? "dropped" : away.contains(follower.name) ? "catching up" : "live"
                rows.append([
                    service.rawValue, Readable.line(follower.name), String(follower.settled),
                    String(max(last - follower.settled, 0)), age.map { Readable.duration(milliseconds: $0) } ?? "",
                    state,
                ])
            }
            return rows
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drops a follower, so that the outbox keeps nothing for it.",
            discussion: """
                Without --execute it only prints what it would do.

                Use it for a follower that no longer exists in any build. It deletes the follower's group and \
                position. If the follower's workers run again, they read only the events that the event stream has \
                then, and the follower needs a backfill (`gittix backfill`). A follower of this build, or one with a \
                running worker, is refused, because it would immediately follow again.
                """)
        @Argument(help: "The service whose events the follower reads.", transform: serviceNamed) var owner: ServiceName
        @Argument(help: "The follower's name, from `gittix followers`.") var name: String
        @Flag(help: "Drop it.") var execute = false

        func run() async throws {
            let (owner, name, execute) = (owner, name, execute)
            try await OperatorContext.open(databases: .operating) { context in
                let (pool, followers) = (try context.pool(of: owner), Followers(service: owner))
                guard let row = try await followers.rows(on: pool).first(where: { $0.name == name }) else {
                    throw OperatorError(message: "\(name) does not follow \(owner): see `gittix followers`")
                }
                try await Self.refuseIfRunning(name, owner, context)
                guard execute else {
                    return print(
                        """
                        \(owner): \(name) has settled all events up to \(row.settled). Once it is dropped, the outbox \
                        keeps no later events for it.
                        Nothing was dropped. Run with --execute to drop it.
                        """)
                }
                _ = try await followers.drop(name, on: pool)
                try await context.stream(of: owner).catchUp.forget(name)
                print("\(owner): \(name) was dropped. Backfill it before it reads again")
            }
        }

        /// Refuses to drop a follower of this build, and a follower with a running worker. Such a follower would be
        /// added again when its worker reads, or at the next overflow of the stream, and the outbox would keep rows for
        /// it again.
        private static func refuseIfRunning(
            _ name: String, _ owner: ServiceName, _ context: OperatorContext
        ) async throws {
            if ServiceRegistry.topology.followers(of: owner).contains(where: { $0.rawValue == name }) {
                throw OperatorError(
                    message: """
                        \(name) follows \(owner) in this build, and would immediately follow it again. If it is only \
                        paused or behind, leave it: it will catch up. To remove it, deploy a build in which it no \
                        longer follows \(owner), and then drop it with that build's `gittix`
                        """)
            }
            let workers = try await WorkerPresence(redis: context.redis, keys: context.keys).workers()
            if let running = ServiceName(rawValue: name).flatMap({ workers[$0]?.first }) {
                throw OperatorError(
                    message: """
                        \(name) has a running worker (\(running)), which would follow \(owner) again at once: stop the \
                        workers of \(name), wait until `gittix queues` lists none (15 seconds), and drop it then
                        """)
            }
        }
    }
}
