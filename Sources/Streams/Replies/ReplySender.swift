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
        let adds = replies.map { message in
            RedisCommand(
                "XADD", keys.replies(message.address.instance), "MAXLEN", "~", settings.replyCap, "*", "to",
                message.address.description, "id", message.reply.id.description, "outcome",
                message.reply.outcome.rawValue, "body", message.reply.body)
        }
        let expiries = Set(replies.map(\.address.instance)).map { instance in
            RedisCommand("PEXPIRE", keys.replies(instance), settings.replyExpiry.wholeMicroseconds / 1000)
        }
        return adds + expiries
    }
}
