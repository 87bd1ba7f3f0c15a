import Marketplace
public import RedisClient

/// Sends the replies to commands that were acknowledged before they had a reply.
public struct ReplySender: Sendable {
    private let redis: RedisClient
    private let keys: Keys
    private let settings: ConsumerSettings

    public init(redis: RedisClient, keys: Keys, settings: ConsumerSettings = ConsumerSettings()) {
        self.redis = redis
        self.keys = keys
        self.settings = settings
    }

    /// Sends the replies in one pipeline. If it fails, nothing is lost, because the inbox has the replies.
    public func send(_ replies: [ReplyMessage]) async throws(RedisError) {
        let results = try await redis.pipeline(Self.commands(replies, keys: keys, settings: settings))
        for case .error(let error) in results { throw .server(error, during: "XADD") }
    }

    /// Returns the commands that add the replies and trim the streams, and for each stream one command that sets its
    /// expiry.
    static func commands(_ replies: [ReplyMessage], keys: Keys, settings: ConsumerSettings) -> [RedisCommand] {
        var streams: [String: String] = [:]
        let maximum = String(settings.maxReplies)
        var commands: [RedisCommand] = []
        commands.reserveCapacity(replies.count + 1)
        for message in replies {
            let instance = message.address.instance
            let key = streams[instance] ?? keys.replies(instance)
            streams[instance] = key
            var add = RedisCommand(
                "XADD", words: message.reply.isReplay ? 16 : 14, bytes: 256 + message.reply.body.count)
            add.append(key)
            add.append("MAXLEN")
            add.append("~")
            add.append(maximum)
            add.append("*")
            add.append("to")
            add.append(message.address.description)
            add.append("id")
            add.append(message.reply.id.description)
            add.append("outcome")
            add.append(message.reply.outcome.rawValue)
            add.append("body")
            add.append(message.reply.body)
            if message.reply.isReplay {
                add.append("replayed")
                add.append("1")
            }
            commands.append(add)
        }
        for key in streams.values {
            commands.append(RedisCommand("PEXPIRE", key, settings.replyExpiry.wholeMicroseconds / 1000))
        }
        return commands
    }
}
