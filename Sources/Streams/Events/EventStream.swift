public import Marketplace
public import RedisClient

/// A service's event stream, for its owner: appending, reading the low-water mark, trimming.
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

    // MARK: Appending

    /// Appends outbox rows under their own ids, if the stream's last id is the expected one.
    ///
    /// One script does both, so that any number of relays may run without leaving gaps or duplicates. If Redis is out
    /// of memory it appends nothing and throws.
    ///
    /// - Parameter entries: Rows in ascending order of their ids, each greater than `expectedLast`.
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

    /// Appends as many entries as there is room for. The last id of a missing stream counts as 0-0.
    ///
    /// KEYS: stream. ARGV: expected last id, maximum entries, maximum bytes, words of an entry, then for each: id,
    /// words.
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

    // MARK: Reading

    /// Returns the stream's last id, and the id of the event there. The latter is `nil` if the stream is empty or
    /// missing, or if its last entry was deleted.
    public func last() async throws -> (id: StreamID, event: EventID?) {
        guard let info = try await StreamInfo.read(key, by: redis) else { return (.zero, nil) }
        guard let entry = info.lastEntry, entry.id == info.lastGeneratedID else { return (info.lastGeneratedID, nil) }
        return (entry.id, entry.fields.text("id").flatMap { EventID($0) })
    }

    public func length() async throws -> Int {
        Int(try await redis.send(RedisCommand("XLEN", key)).int ?? 0)
    }

    /// Returns how far all declared groups have read. A missing group has read nothing.
    public func lowWaterMark(groups: [ServiceName]) async throws -> LowWaterMark {
        // If Redis loses its data between reading the groups and reading the deferred events, a deferred event is
        // missing from both. One loss cannot fall into two readings.
        let first = try await reading(of: groups)
        let second = try await reading(of: groups)
        return LowWaterMark(
            settled: min(first.settled, second.settled), read: min(first.read, second.read))
    }

    /// Reads the groups first and the marks of deferred events second. An event gets its mark before it is
    /// acknowledged, so one that moves in between is found in one of the two.
    private func reading(of groups: [ServiceName]) async throws -> LowWaterMark {
        let read = try await lastAcknowledged(by: groups)
        return LowWaterMark(settled: min(read, try await lastBeforeDeferred(by: groups) ?? read), read: read)
    }

    /// Returns the id up to which all groups have acknowledged.
    private func lastAcknowledged(by groups: [ServiceName]) async throws -> StreamID {
        let reply = try await redis.evaluate(Self.marks, keys: [key], arguments: groups.map(\.rawValue))
        guard let parts = reply.array, parts.count == groups.count + 1,
            var mark = parts[0].string.flatMap({ StreamID($0) })
        else { throw UnexpectedReply(work: "reading the groups of \(service)") }
        for part in parts.dropFirst() { mark = min(mark, try Self.mark(part)) }
        return mark
    }

    /// Returns the id before all events that the groups have deferred, or `nil` if there are none.
    private func lastBeforeDeferred(by groups: [ServiceName]) async throws -> StreamID? {
        let marks = try await redis.pipeline(
            groups.map { RedisCommand("ZRANGE", keys.deferred($0, from: service), 0, 0, "WITHSCORES") })
        return try marks.compactMap { reply in
            if let error = reply.error { throw RedisError.server(error, during: "reading the deferred events") }
            // The score is the id's first number. The mark stays before all ids that share it.
            guard let score = reply.array?.last?.string.flatMap({ Double($0) }) else { return nil }
            return StreamID(milliseconds: UInt64(score)).previous
        }.min()
    }

    /// Parses a group: the last id that it has received, and the oldest that is pending, or nil if none is.
    private static func mark(_ group: RedisValue) throws -> StreamID {
        guard let parts = group.array, parts.count == 2, let last = parts[0].string.flatMap({ StreamID($0) }) else {
            throw UnexpectedReply(work: "reading a group")
        }
        return parts[1].string.flatMap { StreamID($0) }?.previous ?? last
    }

    /// Returns the stream's last id, then for each group the last id that it has received and the oldest that is
    /// pending.
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
    /// The groups start at the beginning again, and their inbox rows show which events were handled before.
    public func reset() async throws {
        _ = try await redis.evaluate(
            Self.resetScript, keys: [key, keys.deadLetters(service), keys.incarnation(ofEvents: service)],
            arguments: ["events:\(service)"])
    }

    /// The ids of the relay's entries have a sequence of 0 and numbers close to each other. An id from the clock is far
    /// from the one before it.
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
