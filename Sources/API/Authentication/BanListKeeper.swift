import Bootstrap
import JSONCoding
import Logging
import Marketplace
import PostgresClient
import RedisClient
import ServiceLifecycle
import Storage
import Streams

/// Builds the list of bans and keeps it: notes the event stream's last id, *then* reads PostgreSQL, then follows the
/// stream from that id, so that nothing falls between.
///
/// PostgreSQL is asked again each second all the while. It costs one look into a small index, and it is what the list
/// lives on while Redis is away; and a stream is trimmed of what its consumers have read, of which this process is
/// none, so an event may be gone from it before a process that was held up for a moment sees it.
struct BanListKeeper: ServiceLifecycle.Service {
    let bans: BanList
    let users: UserReads
    let stream: EventStream
    let follower: EventFollower
    /// How long an access token lives: an older ban needs no list.
    let tokenLife: Duration
    let logger: Logger
    /// Called once, when the list is whole for the first time.
    let built: @Sendable () -> Void

    /// A list, and its keeper, which follows by a connection of its own.
    static func make(
        _ settings: Settings.API, users: PostgresPool, redis: RedisClient, logger: Logger,
        built: @escaping @Sendable () -> Void
    ) -> (BanListKeeper, BanList) {
        let keys = Keys(prefix: settings.redis.keyPrefix)
        let follower = EventFollower(
            service: .users, blocking: RedisClient(settings.redis, role: .blocking, name: "API bans", logger: logger),
            keys: keys, logger: logger)
        let bans = BanList(heardAt: { follower.lastSuccessfulRead })
        let keeper = BanListKeeper(
            bans: bans, users: UserReads(users),
            stream: EventStream(service: .users, redis: redis, keys: keys),
            follower: follower, tokenLife: settings.web.accessTokenLife, logger: logger, built: built)
        return (keeper, bans)
    }

    private static let lookEvery = Duration.seconds(1)
    /// For clocks that differ.
    private static let slack = Duration.seconds(120)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            guard let position = await build() else { return }
            built()
            await withDiscardingTaskGroup { group in
                group.addTask { await follow(after: position) }
                group.addTask { await keepLooking() }
            }
        }
    }

    /// Where to follow from. Nil when the task was cancelled.
    private func build() async -> StreamID? {
        while !Task.isCancelled {
            do {
                let position = try await stream.last().id
                try await look()
                return position
            } catch {
                guard !Task.isCancelled else { return nil }
                logger.warning("the list of bans can't be built yet", metadata: ["error": "\(error)"])
                // Cancelled: the loop's condition ends it.
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        return nil
    }

    private func follow(after position: StreamID) async {
        await follower.run(after: position) { events in
            for event in events { take(event) }
        }
    }

    private func take(_ event: StreamEvent) {
        guard event.event.type == EventType.userUpdated.rawValue else { return }
        do {
            let user = try JSONBytes.decode(UserState.self, from: event.event.body)
            bans.apply(user.id, status: user.status, version: user.version, at: event.event.at)
        } catch {
            // The next look at PostgreSQL has what it told.
            logger.warning("an event of a user can't be read", metadata: ["id": "\(event.id)"])
        }
    }

    private func keepLooking() async {
        var failing = false
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: Self.lookEvery)
                try await look()
                failing = false
            } catch {
                guard !Task.isCancelled else { return }
                if !failing { logger.warning("bans can't be read", metadata: ["error": "\(error)"]) }
                failing = true
            }
        }
    }

    private func look() async throws {
        let started = ContinuousClock.now
        let horizon = Timestamp.now() - tokenLife - Self.slack
        bans.forget(before: horizon)
        // A look that takes longer than the list's patience is none.
        for found in try await users.standings(
            bannedSince: horizon, and: bans.listed, deadline: started + BanList.patience)
        {
            bans.apply(found.id, status: found.status, version: found.version, at: found.at)
        }
        bans.confirm(at: started)
    }
}
