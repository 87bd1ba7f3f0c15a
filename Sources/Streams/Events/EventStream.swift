public import Marketplace
public import RedisClient

/// A service's event stream, as its owner uses it: to append events, read the low-water mark, and trim the stream.
public struct EventStream: Sendable {
    public let service: ServiceName
    let redis: RedisClient
    let keys: Keys

    public init(service: ServiceName, redis: RedisClient, keys: Keys) {
        self.service = service
        self.redis = redis
        self.keys = keys
    }

    var key: String { keys.events(service) }

    /// Runs tasks on the event loop of the stream's Redis client.
    package var executor: EventLoopExecutor? { redis.executor }

    /// The followers that were moved off the stream.
    public var catchUp: CatchUp { CatchUp(service: service, redis: redis, keys: keys) }

    /// Reports that the service's events are not published.
    public var publishingStops: PublishingStops { PublishingStops(redis: redis, keys: keys) }

    // MARK: Appending

    /// Appends outbox rows under their own ids, if the stream's last id is the expected one, and trims the stream to
    /// its bound.
    ///
    /// One script does both, so that any number of relays may run without leaving gaps or duplicates. If Redis is out
    /// of memory, nothing is appended, and an error is thrown. If the trim removes an entry that a follower has not
    /// settled, the same script moves the follower off the stream: it destroys the follower's group, and records the
    /// follower's position for the catch-up.
    ///
    /// - Parameters:
    ///   - entries: Rows in ascending order of their ids, which are greater than `expectedLast`.
    ///   - followers: The declared followers. A follower without a group has read nothing, and its position is
    ///     recorded, too.
    public func append(
        expectedLast: StreamID, entries: [(id: UInt64, event: EventEnvelope)], bound: StreamBound = .init(),
        followers: [String] = []
    ) async throws -> AppendResult {
        guard !entries.isEmpty else { return .appended(count: 0, last: expectedLast) }
        let words = EventRows.words(
            [
                expectedLast.description, String(bound.entries), String(bound.bytes),
                String(EventRows.wordsOfFields), String(followers.count),
            ] + followers, entries)
        let reply = try await redis.evaluate(
            Self.append, keys: [key, keys.gaps(ofEvents: service)], wordsOf: words)
        guard let parts = reply.array, parts.count == 3, let count = parts[1].int,
            let last = parts[2].string.flatMap({ StreamID($0) })
        else { throw UnexpectedReply(work: "appending events") }
        switch parts[0].string {
        case "appended": return .appended(count: Int(count), last: last)
        case "behind": return .behind(actualLast: last)
        default: throw UnexpectedReply(work: "appending events")
        }
    }

    /// The last id of a missing stream counts as 0-0. One call trims at most 2000 entries, four times as many as a
    /// relay appends, so that a stream shrinks to a smaller bound without a long pause of Redis.
    ///
    /// KEYS: stream, gaps. ARGV: expected last id, maximum entries, maximum bytes, words of an entry, number of
    /// followers, followers, then for each entry: id, words.
    private static let append = RedisScript(
        """
        local function number(id) return tonumber(string.match(id, '^%d+')) end
        local last, length = '0-0', 0
        if redis.call('EXISTS', KEYS[1]) == 1 then
            local info = redis.call('XINFO', 'STREAM', KEYS[1])
            for i = 1, #info, 2 do
                if info[i] == 'last-generated-id' then last = info[i + 1] end
                if info[i] == 'length' then length = info[i + 1] end
            end
        end
        if last ~= ARGV[1] then return {'behind', 0, last} end
        local words, names = tonumber(ARGV[4]), tonumber(ARGV[5])
        local limit = math.max(tonumber(ARGV[2]), 1)
        local count = math.min((#ARGV - 5 - names) / (words + 1), limit)
        local excess = length + count - limit
        if length > 0 and redis.call('MEMORY', 'USAGE', KEYS[1]) >= tonumber(ARGV[3]) then
            excess = math.max(excess, count, math.ceil(length / 8))
        end
        excess = math.min(excess, length, 2000)
        if excess > 0 then
            local trimmed = number(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', excess)[excess][1])
            local known = {}
            for _, words in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
                local group = {}
                for i = 1, #words, 2 do group[words[i]] = words[i + 1] end
                local name, settled = group['name'], number(group['last-delivered-id'])
                known[name] = true
                local oldest = redis.call('XPENDING', KEYS[1], name)[2]
                if oldest then settled = math.min(settled, number(oldest) - 1) end
                if settled < trimmed then
                    redis.call('HSETNX', KEYS[2], name, string.format('%.0f', settled))
                    redis.call('XGROUP', 'DESTROY', KEYS[1], name)
                end
            end
            for i = 6, 5 + names do
                if not known[ARGV[i]] then redis.call('HSETNX', KEYS[2], ARGV[i], '0') end
            end
        end
        local i = 6 + names
        for _ = 1, count do
            last = redis.call('XADD', KEYS[1], ARGV[i], unpack(ARGV, i + 1, i + words))
            i = i + 1 + words
        end
        if excess > 0 then redis.call('XTRIM', KEYS[1], 'MAXLEN', length + count - excess) end
        return {'appended', count, last}
        """)

    // MARK: Reading

    /// Returns the stream's last id, and the id of the event in its last entry. The event's id is `nil` if the stream
    /// is empty or missing, or if its last entry was deleted.
    public func last() async throws -> (id: StreamID, event: EventID?) {
        guard let info = try await StreamInfo.read(key, by: redis) else { return (.zero, nil) }
        guard let entry = info.lastEntry, entry.id == info.lastGeneratedID else { return (info.lastGeneratedID, nil) }
        return (entry.id, entry.fields.text("id").flatMap { EventID($0) })
    }

    public func length() async throws -> Int {
        Int(try await redis.send(RedisCommand("XLEN", key)).int ?? 0)
    }

    /// Removes the entries before the mark, and returns their number.
    ///
    /// The entry at the mark stays: its event id shows whether the stream and the outbox still have the same events.
    @discardableResult
    public func trim(before mark: StreamID) async throws -> Int {
        let reply = try await redis.send(
            RedisCommand("XTRIM", key, "MINID", StreamID(milliseconds: mark.milliseconds).description))
        return Int(reply.int ?? 0)
    }

    // MARK: Resetting

    /// Deletes the stream together with its groups, so that its relay fills it again. Entries that the relay did not
    /// add become dead letters.
    ///
    /// This is for a stream to which an entry was added by hand: no event can be appended after an id from the clock.
    /// The groups start at the beginning again, and the followers' inbox rows show which events were handled before.
    public func reset() async throws {
        _ = try await redis.evaluate(
            Self.resetScript, keys: [key, keys.deadLetters(service), keys.incarnation(ofEvents: service)],
            arguments: ["events:\(service)"])
    }

    /// The ids of the relay's entries have a sequence of 0, and their numbers are close to each other. An id from the
    /// clock is far from the id before it.
    ///
    /// KEYS: stream, dead letters, incarnation. ARGV: the name of the stream.
    private static let resetScript = RedisScript(
        """
        local before = 0
        for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
            local number, sequence = string.match(entry[1], '^(%d+)-(%d+)$')
            if sequence ~= '0' or tonumber(number) - before > 100000000000 then
                local fields = entry[2]
                fields[#fields + 1] = 'origin'
                fields[#fields + 1] = ARGV[1] .. ':' .. entry[1]
                fields[#fields + 1] = 'error'
                fields[#fields + 1] = 'written by hand'
                redis.call('XADD', KEYS[2], '*', unpack(fields))
            else
                before = tonumber(number)
            end
        end
        redis.call('DEL', KEYS[1], KEYS[3])
        return 1
        """)
}
