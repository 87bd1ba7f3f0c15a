import RedisClient

/// The result of XINFO STREAM.
struct StreamInfo {
    let length: Int
    /// The greatest id that the stream ever had, including deleted entries.
    let lastGeneratedID: StreamID
    let lastEntry: (id: StreamID, fields: StreamFields)?

    /// Returns `nil` if there is no such stream.
    static func read(_ key: String, by redis: RedisClient) async throws -> StreamInfo? {
        do {
            let reply = try await redis.send(RedisCommand("XINFO", "STREAM", key))
            return try StreamInfo(try StreamReplyParser.map(reply, "XINFO STREAM"))
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
            entry.isNull ? nil : try StreamReplyParser.range(.array([entry]), "XINFO STREAM").first
        }
    }
}
