public import Marketplace
public import RedisClient

/// A service's event stream, for its owner: the relay that fills it, and the mark that says how far it was read.
public struct EventStream: Sendable {
    public let service: Service
    let redis: RedisClient
    let keys: Keys

    public init(service: Service, redis: RedisClient, keys: Keys) {
        self.service = service
        self.redis = redis
        self.keys = keys
    }

    var key: String { keys.events(service) }

    // MARK: Appending

    /// Appends outbox rows under their own ids, if the stream's last id is still the expected one: all in one script,
    /// so that any number of relays may run and none leaves a gap or a double. When Redis is out of memory it appends
    /// nothing and throws.
    /// - Parameter entries: in ascending order of their ids, each greater than `expectedLast`.
    public func append(
        expectedLast: StreamID, entries: [(id: UInt64, event: EventEnvelope)], bound: StreamBound = .init()
    ) async throws -> AppendResult {
        guard !entries.isEmpty else { return .appended(count: 0, last: expectedLast) }
        let bytes = entries.reduce(0) { $0 + 256 + $1.event.body.count }
        var words = RedisCommand("", words: 8 + entries.count * (EventEnvelope.fieldCount * 2 + 1), bytes: bytes)
        words.append(expectedLast.description)
        words.append(String(bound.entries))
        words.append(String(bound.bytes))
        words.append(String(EventEnvelope.fieldCount * 2))
        for (id, event) in entries {
            words.append(StreamID(outbox: id).description)
            event.append(to: &words)
        }
        let reply = try await redis.evaluate(Self.append, keys: [key], wordsOf: words)
        guard let parts = reply.array, parts.count == 3, let count = parts[1].int,
            let last = parts[2].string.flatMap({ StreamID($0) })
        else { throw UnexpectedReply(work: "appending events") }
        switch parts[0].string {
        case "appended": return .appended(count: Int(count), last: last)
        case "behind": return .behind(actualLast: last)
        case "full": return .full(length: Int(count))
        default: throw UnexpectedReply(work: "appending events")
        }
    }

    /// The last id of a stream that does not exist counts as 0-0.
    ///
    /// KEYS: stream. ARGV: expected last id, most entries, most bytes, words of an entry, then for each: id, words.
    private static let append = RedisScript(
        """
        local last, length = '0-0', 0
        if redis.call('EXISTS', KEYS[1]) == 1 then
            local info = redis.call('XINFO', 'STREAM', KEYS[1])
            for i = 1, #info, 2 do
                if info[i] == 'last-generated-id' then last = info[i + 1] end
                if info[i] == 'length' then length = info[i + 1] end
            end
        end
        if last ~= ARGV[1] then return {'behind', length, last} end
        local room = tonumber(ARGV[2]) - length
        if length > 0 and redis.call('MEMORY', 'USAGE', KEYS[1]) >= tonumber(ARGV[3]) then room = 0 end
        if room <= 0 then return {'full', length, last} end
        local words, count, i = tonumber(ARGV[4]), 0, 5
        while i <= #ARGV and count < room do
            last = redis.call('XADD', KEYS[1], ARGV[i], unpack(ARGV, i + 1, i + words))
            count = count + 1
            i = i + 1 + words
        end
        return {'appended', count, last}
        """)

    // MARK: Looking

    /// The stream's last id, and the id of the event that stands there: nil of a stream that is empty or missing, or
    /// whose last entry was deleted.
    public func last() async throws -> (id: StreamID, event: EventID?) {
        guard let info = try await StreamInfo.read(key, by: redis) else { return (.zero, nil) }
        guard let entry = info.lastEntry, entry.id == info.lastGeneratedID else { return (info.lastGeneratedID, nil) }
        return (entry.id, entry.fields.text("id").flatMap { EventID($0) })
    }

    public func length() async throws -> Int {
        Int(try await redis.send(RedisCommand("XLEN", key)).int ?? 0)
    }

    /// How far every declared group has read. A group that is missing has read nothing.
    public func lowWater(groups: [Service]) async throws -> LowWater {
        // Redis may lose its data between a look at the groups and one at what is put off: an event that was put off
        // before would be in neither. No loss falls into two looks.
        let first = try await look(at: groups)
        let second = try await look(at: groups)
        return LowWater(
            settled: min(first.settled, second.settled), read: min(first.read, second.read))
    }

    /// The groups first and the marks of put-off entries after: an entry gets its mark before it is acked, so one that
    /// moves between the two looks is seen by one of them.
    private func look(at groups: [Service]) async throws -> LowWater {
        let read = try await read(by: groups)
        return LowWater(settled: min(read, try await putOff(by: groups) ?? read), read: read)
    }

    /// What all groups have acked.
    private func read(by groups: [Service]) async throws -> StreamID {
        let reply = try await redis.evaluate(Self.marks, keys: [key], arguments: groups.map(\.rawValue))
        guard let parts = reply.array, parts.count == groups.count + 1,
            var mark = parts[0].string.flatMap({ StreamID($0) })
        else { throw UnexpectedReply(work: "reading the groups of \(service)") }
        for part in parts.dropFirst() { mark = min(mark, try Self.mark(part)) }
        return mark
    }

    /// What lies before all that the groups have put off; nil when that is nothing.
    private func putOff(by groups: [Service]) async throws -> StreamID? {
        let held = try await redis.pipeline(
            groups.map { RedisCommand("ZRANGE", keys.later($0, from: service), 0, 0, "WITHSCORES") })
        return try held.compactMap { reply in
            if let error = reply.error { throw RedisError.server(error, during: "reading what is put off") }
            // The score is the id's first number: the mark stays before all ids that share it.
            guard let score = reply.array?.last?.string.flatMap({ Double($0) }) else { return nil }
            return StreamID(milliseconds: UInt64(score)).previous
        }.min()
    }

    /// A group is answered as what it read last and the oldest id that it has pending, nil when it has none.
    private static func mark(_ group: RedisValue) throws -> StreamID {
        guard let parts = group.array, parts.count == 2, let last = parts[0].string.flatMap({ StreamID($0) }) else {
            throw UnexpectedReply(work: "reading a group")
        }
        return parts[1].string.flatMap { StreamID($0) }?.previous ?? last
    }

    /// Answers the stream's last id, then for each group what it read last and the oldest id it has pending.
    ///
    /// KEYS: stream. ARGV: groups.
    private static let marks = RedisScript(
        """
        local result, known = {'0-0'}, {}
        if redis.call('EXISTS', KEYS[1]) == 1 then
            local info = redis.call('XINFO', 'STREAM', KEYS[1])
            for i = 1, #info, 2 do
                if info[i] == 'last-generated-id' then result[1] = info[i + 1] end
            end
            for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
                local info = {}
                for i = 1, #group, 2 do info[group[i]] = group[i + 1] end
                known[info['name']] = info['last-delivered-id']
            end
        end
        for i = 1, #ARGV do
            local oldest = known[ARGV[i]] and redis.call('XPENDING', KEYS[1], ARGV[i])[2]
            result[i + 1] = {known[ARGV[i]] or '0-0', oldest or false}
        end
        return result
        """)

    /// Removes what lies before the mark. The entry at the mark stays: its event id tells whether the stream and the
    /// outbox still speak of the same events. How many were removed.
    @discardableResult
    public func trim(before mark: StreamID) async throws -> Int {
        let reply = try await redis.send(
            RedisCommand("XTRIM", key, "MINID", StreamID(milliseconds: mark.milliseconds).description))
        return Int(reply.int ?? 0)
    }

    // MARK: Starting again

    /// Deletes the stream, its groups with it, so that its relay fills it again: for one that somebody wrote into by
    /// hand, behind whose id no event could be appended any more. What is not the relay's goes to the dead letters.
    ///
    /// Groups begin again at the beginning, and find in their inboxes what they have taken in before.
    public func startAgain() async throws {
        _ = try await redis.evaluate(
            Self.startAgain, keys: [key, keys.dead(service), keys.incarnation(ofEvents: service)],
            arguments: ["events:\(service)"])
    }

    /// The relay's entries have a sequence of 0 and follow each other; a clock's number is far from its neighbour's.
    ///
    /// KEYS: stream, dead, incarnation. ARGV: what the stream is called.
    private static let startAgain = RedisScript(
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
