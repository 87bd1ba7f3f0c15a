import RedisClient

/// What XINFO STREAM says.
struct StreamInfo {
    let length: Int
    /// The greatest id that the stream ever had, its deleted entries included.
    let lastGeneratedID: StreamID
    let lastEntry: (id: StreamID, fields: StreamFields)?

    /// Nil when there is no such stream.
    static func read(_ key: String, by redis: RedisClient) async throws -> StreamInfo? {
        do {
            let reply = try await redis.send(RedisCommand("XINFO", "STREAM", key))
            return try StreamInfo(try StreamReply.map(reply, "XINFO STREAM"))
        } catch let error as RedisError where error.reply?.message.contains("no such key") == true {
            return nil
        }
    }

    init(_ map: [String: RedisValue]) throws {
        guard let length = map["length"]?.int, let last = map["last-generated-id"]?.string.flatMap({ StreamID($0) })
        else { throw UnexpectedReply(work: "XINFO STREAM") }
        self.length = Int(length)
        lastGeneratedID = last
        lastEntry = try map["last-entry"].flatMap { entry in
            entry.isNull ? nil : try StreamReply.range(.array([entry]), "XINFO STREAM").first
        }
    }
}
