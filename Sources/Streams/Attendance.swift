public import Marketplace
public import RedisClient

/// Which workers live, by the hash that each renews; one that was killed is shown for some seconds more.
public struct Attendance: Sendable {
    private let redis: RedisClient
    private let keys: Keys

    public init(redis: RedisClient, keys: Keys) {
        self.redis = redis
        self.keys = keys
    }

    /// The consumers' names, by pool.
    public func workers() async throws -> [Service: [String]] {
        var names: [String] = []
        var cursor = "0"
        repeat {
            let reply = try await redis.send(
                RedisCommand("SCAN", cursor, "MATCH", keys.worker("*"), "COUNT", 1000))
            guard let parts = reply.array, parts.count == 2, let next = parts[0].string else {
                throw UnexpectedReply(work: "SCAN")
            }
            names += (parts[1].array ?? []).compactMap(\.string)
            cursor = next
        } while cursor != "0"
        let pools = try await redis.pipeline(names.map { RedisCommand("HGET", $0, "pool") })
        var workers: [Service: [String]] = [:]
        for (name, pool) in zip(names, pools) {
            guard let service = pool.string.flatMap({ Service(rawValue: $0) }) else { continue }
            workers[service, default: []].append(String(name.dropFirst(keys.worker("").count)))
        }
        return workers
    }
}
