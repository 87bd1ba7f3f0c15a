import Logging
import Marketplace
import RedisClient
import ServiceLifecycle
import Streams

/// Moves the timers of holds from the previous build's key to this build's timers.
///
/// Both builds run side by side during a deploy, and either may read an order's event. The next release no longer needs
/// this type.
struct PreviousBuildTimers: ServiceLifecycle.Service {
    let redis: RedisClient
    let key: String
    let holds: Timers
    let logger: Logger

    /// Maximum number of timers that one call moves.
    private static let pageSize = 1000

    func run() async throws {
        await PeriodicTask(every: .seconds(1), jitter: 0.2, name: "Moving timers", logger: logger).run { _ in
            while try await move() == Self.pageSize {}
        }
    }

    /// Moves the first timers. Each timer is set in its new place before it is removed from the old place, so none is
    /// lost.
    ///
    /// - Returns: The number of moved timers.
    func move() async throws -> Int {
        let reply = try await redis.send(RedisCommand("ZRANGE", key, 0, Self.pageSize - 1, "WITHSCORES"))
        let words = (reply.array ?? []).map { $0.string ?? "" }
        guard !words.isEmpty else { return 0 }
        let members = stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], Double(words[$0 + 1])) }
        try await holds.set(
            members.compactMap { member, score in
                guard let subject = TimerSubjectID(member), let due = score.flatMap(Int64.init(exactly:)) else {
                    return nil
                }
                return DueTimer(subject: subject, due: Timestamp(milliseconds: due))
            }, onlyMissing: true)
        var remove = RedisCommand("ZREM", key)
        remove.append(contentsOf: members.map(\.0))
        _ = try await redis.send(remove)
        return members.count
    }
}
