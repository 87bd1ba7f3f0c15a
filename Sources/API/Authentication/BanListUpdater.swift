import Bootstrap
import JSONCoding
import Logging
import Marketplace
import PostgresClient
import RedisClient
import ServiceLifecycle
import Services
import Storage
import Streams

/// Builds the lists of bans and of ended sessions, and keeps them up to date. The updater notes the last id of the
/// event stream, *then* reads PostgreSQL, and then follows the stream from that id, so that it misses no ban.
///
/// The updater also reads PostgreSQL again every second, which is one scan of a small index. While Redis is
/// unavailable, only these reads keep the list of bans up to date. They also find bans whose events were trimmed: a
/// stream keeps events only until its consumers have read them. This process is not a consumer, so it may miss events
/// if it is slow.
///
/// No event announces the end of a session, so only these reads find ended sessions.
struct BanListUpdater: ServiceLifecycle.Service {
    let bans: BanList
    let endedSessions: EndedSessions
    let users: UserReads
    let stream: EventStream
    let follower: EventFollower
    /// Lifetime of an access token. Older bans need no entry.
    let tokenLifetime: Duration
    let logger: Logger
    /// Called once, when the lists are complete for the first time.
    let onBuilt: @Sendable () -> Void

    /// Makes a list of bans and its updater.
    static func make(
        _ settings: Settings.API, endedSessions: EndedSessions, maxWait: Duration = BanList.maxWait,
        users: PostgresPool, redis: RedisClient, logger: Logger, onBuilt: @escaping @Sendable () -> Void
    ) -> (BanListUpdater, BanList) {
        let keys = Keys(prefix: settings.redis.keyPrefix)
        let follower = EventFollower(
            service: .users, blocking: redis.waiting(settings.redis, name: "API bans", logger: logger),
            keys: keys, logger: logger)
        let bans = BanList(maxWait: maxWait, lastEventRead: { follower.lastSuccessfulRead })
        let updater = BanListUpdater(
            bans: bans, endedSessions: endedSessions, users: UserReads(users),
            stream: EventStream(service: .users, redis: redis, keys: keys),
            follower: follower, tokenLifetime: settings.web.accessTokenLife, logger: logger,
            onBuilt: onBuilt)
        return (updater, bans)
    }

    private static let readInterval = Duration.seconds(1)
    /// Maximum number of ended sessions that one query reads.
    private static let pageSize = 5_000
    /// Maximum difference between clocks.
    private static let clockSkew = Duration.seconds(120)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            guard let position = await build() else { return }
            onBuilt()
            await withDiscardingTaskGroup { group in
                group.addTask { await follow(after: position) }
                group.addTask { await readPeriodically() }
            }
        }
    }

    /// Returns the position to follow from, or `nil` if the task was cancelled.
    private func build() async -> StreamID? {
        while !Task.isCancelled {
            do {
                let position = try await stream.last().id
                try await readBans()
                try await readEndedSessions()
                return position
            } catch {
                guard !Task.isCancelled else { return nil }
                logger.warning(
                    "Could not build the lists of bans and ended sessions; retrying", metadata: ["error": "\(error)"])
                // A cancellation ends the sleep, and the loop's condition is then false.
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        return nil
    }

    private func follow(after position: StreamID) async {
        await follower.run(after: position) { events in
            for event in events { apply(event) }
        }
    }

    private func apply(_ event: StreamEvent) {
        guard event.event.type == EventType.userUpdated.rawValue else { return }
        do {
            let user = try JSONBytes.decode(UserState.self, from: event.event.body)
            bans.apply(user.id, status: user.status, version: user.version, at: event.event.at)
        } catch {
            // The next read of PostgreSQL finds the change.
            logger.warning("Could not read a user event", metadata: ["id": "\(event.id)"])
        }
    }

    private func readPeriodically() async {
        var isFailing = false
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: Self.readInterval)
                try await readBans()
                try await readEndedSessions()
                isFailing = false
            } catch {
                guard !Task.isCancelled else { return }
                if !isFailing {
                    logger.warning("Could not read bans and ended sessions", metadata: ["error": "\(error)"])
                }
                isFailing = true
            }
        }
    }

    private func readBans() async throws {
        let started = ContinuousClock.now
        let horizon = Timestamp.now() - tokenLifetime - Self.clockSkew
        bans.removeEntries(before: horizon)
        // A read that takes longer than the list's maximum age would confirm nothing.
        for found in try await users.banStatuses(
            bannedSince: horizon, and: bans.listedUsers, deadline: started + BanList.maxAge)
        {
            bans.apply(found.id, status: found.status, version: found.version, at: found.at)
        }
        bans.confirm(at: started)
    }

    private func readEndedSessions() async throws {
        let deadline = ContinuousClock.now + BanList.maxAge
        let horizon = Timestamp.now() - tokenLifetime - Self.clockSkew
        endedSessions.removeEntries(before: horizon)
        var position = UserReads.EndedSession.first(since: endedSessions.nextRead(horizon: horizon))
        while true {
            let found = try await users.endedSessions(after: position, limit: Self.pageSize, deadline: deadline)
            endedSessions.add(found)
            guard found.count == Self.pageSize, let last = found.last else { return }
            position = last
        }
    }
}
