import RedisClient

/// Parses Redis's replies to commands on streams.
enum StreamReplyParser {
    struct Entry {
        let source: StreamSource
        let id: StreamID
        let fields: StreamFields
        let deliveriesBefore: Int
    }

    /// Parses the reply to XREADGROUP: an array of streams, or nil if no entry came.
    static func streams(_ reply: RedisValue, keys: Keys, sources: [StreamSource]) throws -> [Entry] {
        guard !reply.isNull else { return [] }
        let byKey = Dictionary(uniqueKeysWithValues: sources.map { ($0.key(keys), $0) })
        var entries: [StreamSource: [Entry]] = [:]
        for stream in try array(reply, "XREADGROUP") {
            guard let parts = stream.array, parts.count == 2, let source = parts[0].string.flatMap({ byKey[$0] }) else {
                throw UnexpectedReply(work: "XREADGROUP")
            }
            entries[source] = try array(parts[1], "XREADGROUP").map { entry in
                let (id, fields) = try self.entry(entry, "XREADGROUP")
                return Entry(source: source, id: id, fields: fields, deliveriesBefore: 0)
            }
        }
        return sources.flatMap { entries[$0] ?? [] }
    }

    /// Parses the claiming script's reply: the next cursor, and entries with their numbers of earlier deliveries.
    static func claimed(_ reply: RedisValue, source: StreamSource) throws -> (cursor: String, [Entry]) {
        let work = "claiming"
        let parts = try array(reply, work)
        guard parts.count == 2, let cursor = parts[0].string else { throw UnexpectedReply(work: work) }
        let entries = try array(parts[1], work).map { entry in
            let (id, fields) = try self.entry(entry, work)
            guard let before = entry.array?.last?.int else { throw UnexpectedReply(work: work) }
            return Entry(source: source, id: id, fields: fields, deliveriesBefore: Int(before))
        }
        return (cursor, entries)
    }

    /// Parses the reply to XRANGE, or one stream of XREAD: ids with their fields.
    static func range(_ reply: RedisValue, _ work: String) throws -> [(id: StreamID, fields: StreamFields)] {
        try array(reply, work).map { try entry($0, work) }
    }

    /// Parses the reply to XREAD for one stream.
    static func onlyStream(_ reply: RedisValue) throws -> [(id: StreamID, fields: StreamFields)] {
        guard !reply.isNull else { return [] }
        guard let stream = try array(reply, "XREAD").first?.array, stream.count == 2 else {
            throw UnexpectedReply(work: "XREAD")
        }
        return try range(stream[1], "XREAD")
    }

    /// Parses a map, which RESP2 sends as alternating names and values.
    static func map(_ reply: RedisValue, _ work: String) throws -> [String: RedisValue] {
        let words = try array(reply, work)
        var map: [String: RedisValue] = [:]
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            guard let name = words[index].string else { throw UnexpectedReply(work: work) }
            map[name] = words[index + 1]
        }
        return map
    }

    private static func array(_ reply: RedisValue, _ work: String) throws -> [RedisValue] {
        guard let array = reply.array else { throw UnexpectedReply(work: work) }
        return array
    }

    /// Parses an entry. An entry that was deleted while pending has an id, but no fields.
    private static func entry(_ value: RedisValue, _ work: String) throws -> (StreamID, StreamFields) {
        guard let parts = value.array, parts.count >= 2, let id = parts[0].slice.flatMap({ StreamID(utf8: $0) }),
            let fields = parts[1].isNull ? StreamFields() : StreamFields(parts[1])
        else { throw UnexpectedReply(work: work) }
        return (id, fields)
    }
}
