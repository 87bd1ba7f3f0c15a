public import Marketplace
public import RedisClient

/// Lists running workers. Each worker renews a hash; if it is killed, it is listed until the hash expires.
public struct WorkerPresence: Sendable {
    private let redis: RedisClient
    private let keys: Keys

    public init(redis: RedisClient, keys: Keys) {
        self.redis = redis
        self.keys = keys
    }

    /// Returns the names of the consumers, by service.
    public func workers() async throws -> [ServiceName: [String]] {
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
        let services = try await redis.pipeline(names.map { RedisCommand("HGET", $0, "pool") })
        var workers: [ServiceName: [String]] = [:]
        for (name, service) in zip(names, services) {
            guard let service = service.string.flatMap({ ServiceName(rawValue: $0) }) else { continue }
            workers[service, default: []].append(String(name.dropFirst(keys.worker("").count)))
        }
        return workers
    }
}
