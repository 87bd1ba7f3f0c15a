public import RedisClient

/// Checks that the Redis server is new enough and does not evict keys.
public enum RedisChecks {
    public enum Failure: Error, Sendable, Hashable {
        case tooOld(version: String)
        /// The eviction policy allows Redis to delete data that must not be lost.
        case evicts(policy: String)
        case unreadable(String)
    }

    /// The first version of Redis that has all the commands that GitTix uses.
    static let minimumVersion = (major: 6, minor: 2)

    /// - Parameter ignoresEvictionPolicy: True for hosts that hide the policy or do not let it be changed.
    public static func verify(_ redis: RedisClient, ignoresEvictionPolicy: Bool = false) async throws {
        let server = try await info("server", redis)
        guard let version = server["redis_version"] else { throw Failure.unreadable("redis_version") }
        guard isNewEnough(version) else { throw Failure.tooOld(version: version) }
        guard !ignoresEvictionPolicy else { return }
        guard let policy = try await info("memory", redis)["maxmemory_policy"] else {
            throw Failure.unreadable("maxmemory_policy")
        }
        guard policy == "noeviction" else { throw Failure.evicts(policy: policy) }
    }

    static func isNewEnough(_ version: String) -> Bool {
        let numbers = version.split(separator: ".").map { Int($0) ?? 0 }
        return (numbers.first ?? 0, numbers.dropFirst().first ?? 0) >= minimumVersion
    }

    private static func info(_ section: String, _ redis: RedisClient) async throws -> [String: String] {
        let text = try await redis.send(RedisCommand("INFO", section)).string ?? ""
        return parse(info: text)
    }

    /// Parses lines of `name:value`. Headings start with #.
    static func parse(info text: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            values[String(line[..<colon])] = String(line[colon...].dropFirst())
        }
        return values
    }
}

extension RedisChecks.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooOld(let version):
            "Redis \(version) is too old: use "
                + "\(RedisChecks.minimumVersion.major).\(RedisChecks.minimumVersion.minor) or later"
        case .evicts(let policy):
            """
            Redis would delete orders when its memory is full, because maxmemory-policy is \(policy): \
            set it to noeviction
            """
        case .unreadable(let field):
            """
            Redis does not report \(field) in INFO, so it cannot be checked: if it is the eviction policy, set \
            REDIS_EVICTION_CHECK=skip to start without the check
            """
        }
    }
}
