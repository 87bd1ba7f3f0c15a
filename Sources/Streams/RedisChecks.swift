public import RedisClient

/// What must be true of the Redis server before work starts.
public enum RedisChecks {
    public enum Failure: Error, Sendable, Hashable {
        case tooOld(version: String)
        /// It would throw away what must not be lost.
        case evicts(policy: String)
        case unreadable(String)
    }

    /// The oldest version whose commands are used.
    static let oldest = (major: 6, minor: 2)

    /// - Parameter ignoresEvictionPolicy: for hosts that hide the policy or don't let it be changed.
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
        return (numbers.first ?? 0, numbers.dropFirst().first ?? 0) >= oldest
    }

    private static func info(_ section: String, _ redis: RedisClient) async throws -> [String: String] {
        let text = try await redis.send(RedisCommand("INFO", section)).string ?? ""
        return parse(info: text)
    }

    /// Lines of `name:value`, and headings that start with #.
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
            "Redis \(version) is too old: \(RedisChecks.oldest.major).\(RedisChecks.oldest.minor) or later is needed"
        case .evicts(let policy):
            "Redis throws data away when its memory is full (maxmemory-policy is \(policy)), and orders with it; "
                + "run it with maxmemory-policy noeviction"
        case .unreadable(let field):
            "Redis does not tell its \(field) (INFO), so it can't be checked; a setting skips the check of the policy"
        }
    }
}
