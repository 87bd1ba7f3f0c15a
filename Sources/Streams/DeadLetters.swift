public import Marketplace
public import RedisClient

/// The dead letters of a service: entries that it has given up on.
public struct DeadLetters: Sendable {
    public struct Letter: Sendable, Hashable {
        public let id: StreamID
        /// The entry's own fields, and `failures`, `history`, `origin` (its first stream and id) and `error`.
        public let fields: StreamFields

        /// The fields that a retry removes.
        private static let removedByRetry: Set = ["failures", "history", "error"]

        init(id: StreamID, fields: StreamFields) {
            self.id = id
            self.fields = fields
        }

        /// Creates a letter from the fields that were moved to PostgreSQL.
        public init(id: StreamID, fields: [String: String]) {
            self.id = id
            var own = StreamFields()
            own.all = fields.sorted { $0.key < $1.key }.map { .init(name: Array($0.utf8), value: Array($1.utf8)) }
            self.fields = own
        }

        /// The fields that a retry moves to the command stream.
        public var ownFields: [StreamFields.Field] {
            fields.all.filter { !Self.removedByRetry.contains(String(decoding: $0.name, as: UTF8.self)) }
        }
    }

    /// Maximum number of letters that a service keeps in Redis. Older letters are moved to PostgreSQL, or deleted if
    /// the service has no schema.
    public static let kept = 1000

    public let service: ServiceName
    private let redis: RedisClient
    private let keys: Keys

    public init(service: ServiceName, redis: RedisClient, keys: Keys) {
        self.service = service
        self.redis = redis
        self.keys = keys
    }

    public func count() async throws -> Int {
        Int(try await redis.send(RedisCommand("XLEN", keys.deadLetters(service))).int ?? 0)
    }

    /// Returns the letters after `position`, oldest first.
    public func list(after position: StreamID = .zero, limit: Int = 100) async throws -> [Letter] {
        let reply = try await redis.send(
            RedisCommand("XRANGE", keys.deadLetters(service), "(\(position)", "+", "COUNT", limit))
        return try StreamReplyParser.range(reply, "XRANGE").map { Letter(id: $0.id, fields: $0.fields) }
    }

    /// Returns the letter with this id, or `nil` if there is none.
    public func find(_ id: StreamID) async throws -> Letter? {
        let reply = try await redis.send(
            RedisCommand("XRANGE", keys.deadLetters(service), id.description, id.description))
        return try StreamReplyParser.range(reply, "XRANGE").first.map { Letter(id: $0.id, fields: $0.fields) }
    }

    /// Returns the id of the newest letter, or `nil` if there is none.
    public func newest() async throws -> StreamID? {
        let reply = try await redis.send(RedisCommand("XREVRANGE", keys.deadLetters(service), "+", "-", "COUNT", 1))
        return try StreamReplyParser.range(reply, "XREVRANGE").first?.id
    }

    /// Moves a letter back to the service's command stream. It keeps its command or event id.
    ///
    /// - Returns: The new entry's id, or `nil` if there is no such letter.
    public func retry(_ id: StreamID) async throws -> StreamID? {
        let reply = try await redis.evaluate(
            Scripts.retryDeadLetter, keys: [keys.deadLetters(service), keys.commands(service)],
            arguments: [id.description])
        return reply.string.flatMap { StreamID($0) }
    }

    /// Adds a letter that is no longer in Redis to the service's command stream. It keeps its command or event id.
    ///
    /// - Returns: The new entry's id, or `nil` if ``Letter/ownFields`` is empty.
    public func putBack(_ letter: Letter) async throws -> StreamID? {
        let fields = letter.ownFields
        guard !fields.isEmpty else { return nil }
        var add = RedisCommand("XADD", keys.commands(service), "*")
        for field in fields {
            add.append(field.name)
            add.append(field.value)
        }
        return try await redis.send(add).string.flatMap { StreamID($0) }
    }

    /// Deletes a letter, and returns whether it was there.
    public func remove(_ id: StreamID) async throws -> Bool { try await remove([id]) == 1 }

    /// Deletes letters, and returns the number of letters that were there.
    @discardableResult
    public func remove(_ ids: [StreamID]) async throws -> Int {
        guard !ids.isEmpty else { return 0 }
        var command = RedisCommand("XDEL", keys.deadLetters(service))
        command.append(contentsOf: ids.map(\.description))
        return Int(try await redis.send(command).int ?? 0)
    }

    /// Deletes the oldest letters beyond ``kept``, and returns their number.
    public func trim() async throws -> Int {
        Int(try await redis.send(RedisCommand("XTRIM", keys.deadLetters(service), "MAXLEN", Self.kept)).int ?? 0)
    }
}
