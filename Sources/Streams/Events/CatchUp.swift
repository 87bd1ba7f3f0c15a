public import Marketplace
public import RedisClient

/// The followers that were moved off a service's event stream. The service's workers feed them from the outbox, and let
/// them join the stream again.
///
/// Each follower has a separate catch-up stream, which holds at most two pages. Every step is one script that first
/// compares the follower's recorded position with the expected one. So any number of workers may take the same step,
/// and a worker that ends between two steps leaves nothing half done.
public struct CatchUp: Sendable {
    /// A follower that is catching up.
    public struct Gap: Sendable, Hashable {
        public let follower: String
        /// The number of the last outbox row that it was given.
        public let position: Int64
        /// Number of rows that it was given and has not settled.
        public let unsettled: Int

        public init(follower: String, position: Int64, unsettled: Int) {
            (self.follower, self.position, self.unsettled) = (follower, position, unsettled)
        }
    }

    public enum JoinResult: Sendable, Hashable {
        /// It reads the event stream again, after the position.
        case joined
        /// It must first settle the rows that it was given.
        case unsettled
        /// The event stream begins after the next row, so the follower needs more rows from the outbox.
        case behind
        /// Its position has changed.
        case moved
    }

    /// Maximum number of rows that are fed at a time.
    public static let pageSize = 500

    public let service: ServiceName
    private let redis: RedisClient
    private let keys: Keys

    public init(service: ServiceName, redis: RedisClient, keys: Keys) {
        self.service = service
        self.redis = redis
        self.keys = keys
    }

    private func keys(of follower: String) -> [String] {
        [keys.events(service), keys.gaps(ofEvents: service), keys.catchUp(service, to: follower)]
    }

    /// Returns the followers that are catching up.
    public func gaps() async throws -> [Gap] {
        let reply = try await redis.evaluate(
            Self.gapsScript, keys: [keys.gaps(ofEvents: service)], arguments: [keys.catchUp(service, to: "")])
        guard let found = reply.array else { throw UnexpectedReply(work: "reading gaps") }
        return try found.map { gap in
            guard let parts = gap.array, parts.count == 3, let follower = parts[0].string,
                let position = parts[1].string.flatMap({ Int64($0) }), let unsettled = parts[2].int
            else { throw UnexpectedReply(work: "reading a gap") }
            return Gap(follower: follower, position: position, unsettled: Int(unsettled))
        }
    }

    /// Gives rows to a follower, if its position is the expected one and it has at most a page of unsettled rows.
    ///
    /// - Parameter rows: At most ``pageSize`` rows in ascending order, each after the position.
    /// - Returns: True if the rows were added.
    public func feed(_ gap: Gap, _ rows: [(id: UInt64, event: EventEnvelope)]) async throws -> Bool {
        guard !rows.isEmpty else { return false }
        let words = EventRows.words(
            [gap.follower, String(gap.position), String(Self.pageSize), String(EventRows.wordsOfFields)], rows)
        return try await redis.evaluate(Self.feedScript, keys: keys(of: gap.follower), wordsOf: words).int == 1
    }

    /// Lets a follower read the event stream again, if it has settled all rows that it was given and the stream has all
    /// later rows.
    ///
    /// - Parameters:
    ///   - position: The number of the row after which it continues: the gap's position, or a later number up to which
    ///     it has settled all rows.
    ///   - next: The number of the first row after `position`, or `nil` if there is none.
    public func join(_ gap: Gap, at position: Int64, next: Int64?) async throws -> JoinResult {
        let reply = try await redis.evaluate(
            Self.joinScript, keys: keys(of: gap.follower),
            arguments: [gap.follower, String(gap.position), String(position), next.map(String.init) ?? ""])
        switch reply.string {
        case "joined": return .joined
        case "unsettled": return .unsettled
        case "behind": return .behind
        case "moved": return .moved
        default: throw UnexpectedReply(work: "joining the stream")
        }
    }

    /// Moves a follower off the event stream. Does nothing if it is off already.
    ///
    /// - Parameter position: The number up to which it has settled all rows.
    public func begin(_ follower: String, at position: Int64) async throws {
        _ = try await redis.evaluate(
            Self.beginScript, keys: keys(of: follower), arguments: [follower, String(position)])
    }

    /// Removes a follower's group, position and catch-up stream.
    public func forget(_ follower: String) async throws {
        _ = try await redis.evaluate(Self.forgetScript, keys: keys(of: follower), arguments: [follower])
    }

    /// KEYS: gaps. ARGV: the catch-up streams' common prefix. The hash has the followers' names.
    private static let gapsScript = RedisScript(
        """
        local gaps, result = redis.call('HGETALL', KEYS[1]), {}
        for i = 1, #gaps, 2 do
            result[#result + 1] = {gaps[i], gaps[i + 1], redis.call('XLEN', ARGV[1] .. gaps[i])}
        end
        return result
        """)

    /// KEYS: stream, gaps, catch-up. ARGV: follower, expected position, maximum entries before, words of an entry, then
    /// for each entry: id, words.
    private static let feedScript = RedisScript(
        """
        if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
        if redis.call('XLEN', KEYS[3]) > tonumber(ARGV[3]) then return 0 end
        local words, i, last = tonumber(ARGV[4]), 5, nil
        while i <= #ARGV do
            last = redis.call('XADD', KEYS[3], ARGV[i], unpack(ARGV, i + 1, i + words))
            i = i + 1 + words
        end
        redis.call('HSET', KEYS[2], ARGV[1], string.match(last, '^%d+'))
        return 1
        """)

    /// Entries are deleted when they are settled, so an empty catch-up stream has no pending entries.
    ///
    /// KEYS: stream, gaps, catch-up. ARGV: follower, expected position, position, next row or ''.
    private static let joinScript = RedisScript(
        """
        local function number(id) return tonumber(string.match(id, '^%d+')) end
        if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 'moved' end
        if redis.call('XLEN', KEYS[3]) > 0 then return 'unsettled' end
        local last = '0-0'
        if redis.call('EXISTS', KEYS[1]) == 1 then
            local info = redis.call('XINFO', 'STREAM', KEYS[1])
            for i = 1, #info, 2 do if info[i] == 'last-generated-id' then last = info[i + 1] end end
        end
        local first, next = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1], tonumber(ARGV[4])
        if next and first and number(first[1]) > next then return 'behind' end
        if next and not first and number(last) >= next then return 'behind' end
        if not next and number(last) > tonumber(ARGV[3]) then return 'behind' end
        local created = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], ARGV[3] .. '-0', 'MKSTREAM')
        if created.err and not string.find(created.err, 'BUSYGROUP', 1, true) then return created end
        redis.call('DEL', KEYS[3])
        redis.call('HDEL', KEYS[2], ARGV[1])
        return 'joined'
        """)

    /// KEYS: stream, gaps, catch-up. ARGV: follower, position.
    private static let beginScript = RedisScript(
        """
        local begun = redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2])
        if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('XGROUP', 'DESTROY', KEYS[1], ARGV[1]) end
        return begun
        """)

    /// KEYS: stream, gaps, catch-up. ARGV: follower.
    private static let forgetScript = RedisScript(
        """
        if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('XGROUP', 'DESTROY', KEYS[1], ARGV[1]) end
        redis.call('DEL', KEYS[3])
        return redis.call('HDEL', KEYS[2], ARGV[1])
        """)
}
