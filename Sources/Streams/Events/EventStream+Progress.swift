public import Marketplace
import RedisClient

// Determines how far the followers have read.
extension EventStream {
    /// Returns the low-water mark of these groups. A missing group has read nothing.
    public func lowWaterMark(groups: [ServiceName]) async throws -> LowWaterMark {
        let names = Set(groups.map(\.rawValue))
        return LowWaterMark(of: try await progress(of: names.sorted()).filter { names.contains($0.name) })
    }

    /// Returns the progress of the named followers and of all others that have a group or are catching up. A named
    /// follower that has no group and is not catching up has read nothing.
    public func progress(of names: [String]) async throws -> StreamProgress {
        // If Redis loses its data after the groups were read and before the deferred events are read, a deferred event
        // is in neither result. One loss cannot affect two readings, so the smaller value of each pair is right.
        let first = try await reading(of: names)
        let second = try await reading(of: names)
        let before = Dictionary(uniqueKeysWithValues: first.followers.map { ($0.name, $0) })
        return StreamProgress(
            end: min(first.end, second.end), first: first.first,
            followers: second.followers.map { follower in
                let earlier = before[follower.name]
                return FollowerProgress(
                    name: follower.name, hasGroup: follower.hasGroup, isCatchingUp: follower.isCatchingUp,
                    read: min(earlier?.read ?? .zero, follower.read),
                    settled: min(earlier?.settled ?? .zero, follower.settled))
            })
    }

    /// Reads the positions first and the marks of deferred events second. An event gets its mark before it is
    /// acknowledged, so an event that is deferred between the two reads is found by one of them.
    private func reading(of names: [String]) async throws -> StreamProgress {
        let reply = try await redis.evaluate(
            Self.positions, keys: [key, keys.gaps(ofEvents: service)], arguments: names)
        guard let parts = reply.array, parts.count == 3, let end = parts[0].string.flatMap({ StreamID($0) }),
            let followers = parts[2].array
        else { throw UnexpectedReply(work: "reading the groups of \(service)") }
        let positions = try followers.map(Self.position)
        let deferred = try await lastBeforeDeferred(by: positions.map(\.name))
        return StreamProgress(
            end: end, first: parts[1].string.flatMap { StreamID($0) },
            followers: zip(positions, deferred).map { position, deferred in
                let read = min(position.read, end)
                return FollowerProgress(
                    name: position.name, hasGroup: position.hasGroup, isCatchingUp: position.isCatchingUp, read: read,
                    settled: min(read, deferred ?? read))
            })
    }

    /// Returns for each follower the id before all events that it has deferred, or `nil` if it has deferred none.
    private func lastBeforeDeferred(by names: [String]) async throws -> [StreamID?] {
        let services = names.map { ServiceName(rawValue: $0) }
        let marks = try await redis.pipeline(
            services.compactMap(\.self).map {
                RedisCommand("ZRANGE", keys.deferred($0, from: service), 0, 0, "WITHSCORES")
            })
        var replies = marks[...]
        return try services.map { service in
            guard service != nil, let reply = replies.popFirst() else { return nil }
            if let error = reply.error { throw RedisError.server(error, during: "reading the deferred events") }
            // The score is the first number of the id. The result is less than all ids with this number.
            guard let score = reply.array?.last?.string.flatMap({ Double($0) }),
                let first = UInt64(exactly: score.rounded(.down))
            else { return nil }
            return StreamID(milliseconds: first).previous
        }
    }

    private struct Position {
        let name: String
        let hasGroup: Bool
        let isCatchingUp: Bool
        let read: StreamID
    }

    private static func position(_ value: RedisValue) throws -> Position {
        guard let parts = value.array, parts.count == 5, let name = parts[0].string,
            let last = parts[1].string.flatMap({ StreamID($0) })
        else { throw UnexpectedReply(work: "reading a group") }
        let (hasGroup, gap) = (parts[4].int == 1, parts[3].string.flatMap { UInt64($0) })
        let pending = parts[2].string.flatMap { StreamID($0) }
        guard let gap else {
            return Position(name: name, hasGroup: hasGroup, isCatchingUp: false, read: pending?.previous ?? last)
        }
        // `last` is the first entry of the catch-up stream. Entries in that stream are not settled.
        return Position(
            name: name, hasGroup: hasGroup, isCatchingUp: true,
            read: last == .zero ? StreamID(outbox: gap) : last.previous)
    }

    /// Returns the stream's last id, its first entry's id or nil, and for each follower: its name, the last id that it
    /// has received, its oldest pending id or nil, its recorded position or nil, and 1 if it has a group. If it is
    /// catching up, the first id of its catch-up stream, or 0-0, replaces the last id that it has received.
    ///
    /// KEYS: stream, gaps. ARGV: names.
    private static let positions = RedisScript(
        """
        local last, first, names, delivered = '0-0', false, {}, {}
        local function add(name)
            for _, known in ipairs(names) do if known == name then return end end
            names[#names + 1] = name
        end
        for _, name in ipairs(ARGV) do add(name) end
        if redis.call('EXISTS', KEYS[1]) == 1 then
            local info = redis.call('XINFO', 'STREAM', KEYS[1])
            for i = 1, #info, 2 do
                if info[i] == 'last-generated-id' then last = info[i + 1] end
                if info[i] == 'first-entry' and info[i + 1] then first = info[i + 1][1] end
            end
            for _, words in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
                local group = {}
                for i = 1, #words, 2 do group[words[i]] = words[i + 1] end
                add(group['name'])
                delivered[group['name']] = group['last-delivered-id']
            end
        end
        local gaps, away = redis.call('HGETALL', KEYS[2]), {}
        for i = 1, #gaps, 2 do
            add(gaps[i])
            away[gaps[i]] = gaps[i + 1]
        end
        local result = {}
        for i, name in ipairs(names) do
            local grouped = delivered[name] and 1 or 0
            if away[name] then
                local entry = redis.call('XRANGE', KEYS[1] .. ':to:' .. name, '-', '+', 'COUNT', 1)[1]
                result[i] = {name, entry and entry[1] or '0-0', false, away[name], grouped}
            else
                local oldest = delivered[name] and redis.call('XPENDING', KEYS[1], name)[2]
                result[i] = {name, delivered[name] or '0-0', oldest or false, false, grouped}
            end
        end
        return {last, first, result}
        """)
}
