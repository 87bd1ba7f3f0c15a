public import Marketplace
import RedisClient

// What an operator's repair needs of a stream: to look at all of it, and to put right what its owner and its readers
// would trip over.
extension EventStream {
    /// The stream's entries in a range of ids, and the ids of their events: nil of what is no event.
    public func entries(
        after position: StreamID, limit: Int
    ) async throws -> [(id: StreamID, event: EventID?)] {
        let reply = try await redis.send(RedisCommand("XRANGE", key, "(\(position)", "+", "COUNT", limit))
        return try StreamReply.range(reply, "XRANGE").map { ($0.id, $0.fields.text("id").flatMap { EventID($0) }) }
    }

    /// Deletes the stream as ``startAgain()`` does, if it still ends there; whether it did. Nothing of it becomes a dead
    /// letter: its entries are another history's.
    public func startAgain(ifEndingWith end: StreamID) async throws -> Bool {
        let reply = try await redis.evaluate(
            Self.startAgainAt, keys: [key, keys.incarnation(ofEvents: service)], arguments: [end.description])
        return reply.int == 1
    }

    /// KEYS: stream, incarnation. ARGV: its last id.
    private static let startAgainAt = RedisScript(
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

    /// What a group was given last; nil of a group that is missing, or whose stream is.
    public func lastDelivered(to follower: Service) async throws -> StreamID? {
        do {
            let reply = try await redis.send(RedisCommand("XINFO", "GROUPS", key))
            for group in reply.array ?? [] {
                let map = try StreamReply.map(group, "XINFO GROUPS")
                guard map["name"]?.string == follower.rawValue else { continue }
                return map["last-delivered-id"]?.string.flatMap { StreamID($0) }
            }
            return nil
        } catch let error as RedisError where error.reply?.message.contains("no such key") == true {
            return nil
        }
    }

    /// Makes a group that reads on after a position that it is known to have reached; one that is there stays as it is.
    public func createGroup(of follower: Service, at position: StreamID) async throws {
        do {
            _ = try await redis.send(
                RedisCommand("XGROUP", "CREATE", key, follower.rawValue, position.description, "MKSTREAM"))
        } catch let error where error.reply?.code == "BUSYGROUP" {}
    }

    /// Sets where a group reads on.
    public func setPosition(of follower: Service, to position: StreamID) async throws {
        _ = try await redis.send(RedisCommand("XGROUP", "SETID", key, follower.rawValue, position.description))
    }

    /// The consumers of a group that have entries in hand.
    public func busyConsumers(of follower: Service) async throws -> [String] {
        do {
            let reply = try await redis.send(RedisCommand("XINFO", "CONSUMERS", key, follower.rawValue))
            return try (reply.array ?? []).compactMap { consumer in
                let map = try StreamReply.map(consumer, "XINFO CONSUMERS")
                return (map["pending"]?.int ?? 0) > 0 ? map["name"]?.string : nil
            }
        } catch let error as RedisError where error.reply?.message.contains("no such key") == true {
            return []
        } catch let error as RedisError where error.reply?.isNoGroup == true {
            return []
        }
    }
}
