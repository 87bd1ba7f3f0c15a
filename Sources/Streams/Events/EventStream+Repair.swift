public import Marketplace
import RedisClient

// Methods for the doctor. They read and delete the stream, and read and correct its groups.
extension EventStream {
    /// Returns the ids of the entries after `position` and of their events. The event's id is `nil` for a malformed
    /// event.
    public func entries(
        after position: StreamID, limit: Int
    ) async throws -> [(id: StreamID, event: EventID?)] {
        let reply = try await redis.send(RedisCommand("XRANGE", key, "(\(position)", "+", "COUNT", limit))
        return try StreamReplyParser.range(reply, "XRANGE").map { id, fields in
            (id, fields.text("id").flatMap { EventID($0) })
        }
    }

    /// Deletes the stream and its groups if it still ends with this id, and returns whether they were deleted.
    ///
    /// Unlike ``reset()``, this makes no entry a dead letter. It is for a stream whose entries differ from the outbox,
    /// not for one to which an entry was added by hand.
    public func reset(ifEndingWith end: StreamID) async throws -> Bool {
        let reply = try await redis.evaluate(
            Self.resetIfEnding, keys: [key, keys.incarnation(ofEvents: service)], arguments: [end.description])
        return reply.int == 1
    }

    /// KEYS: stream, incarnation. ARGV: the expected last id.
    private static let resetIfEnding = RedisScript(
        """
        if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        local info = redis.call('XINFO', 'STREAM', KEYS[1])
        for i = 1, #info, 2 do
            if info[i] == 'last-generated-id' and info[i + 1] ~= ARGV[1] then return 0 end
        end
        redis.call('DEL', KEYS[1], KEYS[2])
        return 1
        """)

    // MARK: Groups

    /// Returns the last id that a group has received, or `nil` if there is no such group or stream.
    public func lastDelivered(to follower: ServiceName) async throws -> StreamID? {
        do {
            let reply = try await redis.send(RedisCommand("XINFO", "GROUPS", key))
            for group in reply.array ?? [] {
                let map = try StreamReplyParser.map(group, "XINFO GROUPS")
                guard map["name"]?.string == follower.rawValue else { continue }
                return map["last-delivered-id"]?.string.flatMap { StreamID($0) }
            }
            return nil
        } catch let error as RedisError where error.reply?.message.contains("no such key") == true {
            return nil
        }
    }

    /// Creates a group that continues after `position`. An existing group stays as it is.
    public func createGroup(of follower: ServiceName, at position: StreamID) async throws {
        do {
            _ = try await redis.send(
                RedisCommand("XGROUP", "CREATE", key, follower.rawValue, position.description, "MKSTREAM"))
        } catch let error where error.reply?.code == "BUSYGROUP" {}
    }

    /// Sets the position after which a group continues.
    public func setPosition(of follower: ServiceName, to position: StreamID) async throws {
        _ = try await redis.send(RedisCommand("XGROUP", "SETID", key, follower.rawValue, position.description))
    }

    /// Returns the consumers of a group that have pending entries.
    public func busyConsumers(of follower: ServiceName) async throws -> [String] {
        do {
            let reply = try await redis.send(RedisCommand("XINFO", "CONSUMERS", key, follower.rawValue))
            return try (reply.array ?? []).compactMap { consumer in
                let map = try StreamReplyParser.map(consumer, "XINFO CONSUMERS")
                return (map["pending"]?.int ?? 0) > 0 ? map["name"]?.string : nil
            }
        } catch let error as RedisError where error.reply?.message.contains("no such key") == true {
            return []
        } catch let error as RedisError where error.reply?.isNoGroup == true {
            return []
        }
    }
}
