import Marketplace
public import RedisClient

/// Sends the replies of commands that were acked before there was one.
public struct ReplySender: Sendable {
    private let redis: RedisClient
    private let keys: Keys
    private let settings: ConsumerSettings

    public init(redis: RedisClient, keys: Keys, settings: ConsumerSettings = ConsumerSettings()) {
        self.redis = redis
        self.keys = keys
        self.settings = settings
    }

    /// In one flight. Nothing is lost when it fails: whoever waits finds the reply in the inbox.
    public func send(_ replies: [ReplyMessage]) async throws(RedisError) {
        let answers = try await redis.pipeline(Self.commands(replies, keys: keys, settings: settings))
        for case .error(let error) in answers { throw .server(error, during: "XADD") }
    }

    /// Each reply renews its stream's length cap; one expiry for each stream is enough.
    static func commands(_ replies: [ReplyMessage], keys: Keys, settings: ConsumerSettings) -> [RedisCommand] {
        var streams: [String: String] = [:]
        let cap = String(settings.replyCap)
        var commands: [RedisCommand] = []
        commands.reserveCapacity(replies.count + 1)
        for message in replies {
            let instance = message.address.instance
            let key = streams[instance] ?? keys.replies(instance)
            streams[instance] = key
            var add = RedisCommand("XADD", words: 14, bytes: 256 + message.reply.body.count)
            add.append(key)
            add.append("MAXLEN")
            add.append("~")
            add.append(cap)
            add.append("*")
            add.append("to")
            add.append(message.address.description)
            add.append("id")
            add.append(message.reply.id.description)
            add.append("outcome")
            add.append(message.reply.outcome.rawValue)
            add.append("body")
            add.append(message.reply.body)
            commands.append(add)
        }
        for key in streams.values {
            commands.append(RedisCommand("PEXPIRE", key, settings.replyExpiry.wholeMicroseconds / 1000))
        }
        return commands
    }
}
