public import Marketplace
public import RedisClient

/// The orders' due times. Redis's clock decides when they have passed, so that any number of processes agree.
public struct Deadlines: Sendable {
    public struct Fired: Sendable, Hashable {
        /// Number of orders that were published as expired.
        public let count: Int
        /// Time until the next is due: zero if more are due already, `nil` if none is armed.
        public let next: Duration?
    }

    private let redis: RedisClient
    private let keys: Keys

    public init(redis: RedisClient, keys: Keys) {
        self.redis = redis
        self.keys = keys
    }

    /// Sets or replaces the due time of each order.
    public func arm(_ orders: [(order: OrderID, due: Timestamp)]) async throws(RedisError) {
        guard !orders.isEmpty else { return }
        var command = RedisCommand("ZADD", keys.deadlines)
        for (order, due) in orders {
            command.append(due.milliseconds)
            command.append(order.description)
        }
        _ = try await redis.send(command)
    }

    public func disarm(_ orders: [OrderID]) async throws(RedisError) {
        guard !orders.isEmpty else { return }
        var command = RedisCommand("ZREM", keys.deadlines)
        command.append(contentsOf: orders.map(\.description))
        _ = try await redis.send(command)
    }

    /// Returns the time until the first armed order is due by Redis's clock, or `nil` if none is armed. Changes
    /// nothing.
    public func next() async throws -> Duration? { try await fire(limit: 0).next }

    /// Replaces due orders by `OrderExpired` entries in the event stream of expiration, in one atomic step.
    ///
    /// An event's id is derived from the order and its due time, so an order that is fired twice gives the same event.
    ///
    /// - Parameters:
    ///   - limit: Maximum number of orders in one call. Redis does nothing else during the call, about 10 µs for each.
    ///   - bound: Maximum length of the event stream. Nothing is fired beyond it.
    public func fire(limit: Int = 500, bound: Int = 100_000) async throws -> Fired {
        let reply = try await redis.evaluate(
            Self.fireDueScript, keys: [keys.deadlines, keys.events(.expiration)], arguments: [limit, bound])
        guard let count = reply.array?.first?.int, let next = reply.array?.last?.int else {
            throw UnexpectedReply(work: "firing deadlines")
        }
        return Fired(count: Int(count), next: next < 0 ? nil : .milliseconds(next))
    }

    /// Redis's Lua has no calendar, so `rfc3339` computes the date as Howard Hinnant's `civil_from_days` does. It is
    /// called once for all orders due in the same second. A member that is not an order id is dropped. Due members are
    /// the first of the set, so one command removes them by rank. The event id is the start of a SHA-1, marked as a
    /// UUID of version 8 (RFC 9562).
    ///
    /// Returns the number of orders fired, and the ms until the next is due (-1: none is armed).
    ///
    /// KEYS: deadlines, events. ARGV: limit, bound.
    private static let fireDueScript = RedisScript(
        """
        local function rfc3339(ms)
            local seconds = math.floor(ms / 1000)
            local days = math.floor(seconds / 86400)
            local z = days + 719468
            local era = math.floor(z / 146097)
            local doe = z - era * 146097
            local leap = math.floor(doe / 1460) - math.floor(doe / 36524) + math.floor(doe / 146096)
            local yoe = math.floor((doe - leap) / 365)
            local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
            local mp = math.floor((5 * doy + 2) / 153)
            local day = doy - math.floor((153 * mp + 2) / 5) + 1
            local month = mp < 10 and mp + 3 or mp - 9
            local year = yoe + era * 400 + (month <= 2 and 1 or 0)
            local rest = seconds - days * 86400
            return string.format('%04d-%02d-%02dT%02d:%02d:%02d', year, month, day, math.floor(rest / 3600),
                math.floor(rest / 60) % 60, rest % 60)
        end
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local room = math.min(tonumber(ARGV[1]), tonumber(ARGV[2]) - redis.call('XLEN', KEYS[2]))
        local due = {}
        if room > 0 then
            local limit = string.format('%.0f', now)
            due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', limit, 'WITHSCORES', 'LIMIT', 0, room)
        end
        local fired, at = 0, rfc3339(now) .. string.format('.%03dZ', now % 1000)
        local second, start = nil, nil
        for i = 1, #due, 2 do
            local order, ms = due[i], tonumber(due[i + 1])
            if #order == 36 and string.find(order, '^[0-9a-f%-]+$') then
                local hash = redis.sha1hex('OrderExpired ' .. order .. ' ' .. string.format('%.0f', ms))
                local variant = string.format('%x', 8 + tonumber(string.sub(hash, 17, 17), 16) % 4)
                local id = string.sub(hash, 1, 8) .. '-' .. string.sub(hash, 9, 12) .. '-8' .. string.sub(hash, 14, 16)
                    .. '-' .. variant .. string.sub(hash, 18, 20) .. '-' .. string.sub(hash, 21, 32)
                local thousandth = ms % 1000
                if ms - thousandth ~= second then
                    second = ms - thousandth
                    start = rfc3339(ms)
                end
                redis.call('XADD', KEYS[2], '*', 'id', id, 'type', 'OrderExpired', 'v', '1', 'at', at, 'subject', order,
                    'version', '1', 'trace', '', 'body',
                    string.format('{"orderId":"%s","expiresAt":"%s.%03dZ"}', order, start, thousandth))
                fired = fired + 1
            end
        end
        if #due > 0 then redis.call('ZREMRANGEBYRANK', KEYS[1], 0, #due / 2 - 1) end
        local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        return {fired, first[2] and math.max(math.ceil(first[2] - now), 0) or -1}
        """)
}

extension Deadlines {
    /// Returns the due times of these orders, in ms since 1970, without those that are not armed.
    public func due(of orders: [OrderID]) async throws -> [OrderID: Int64] {
        guard !orders.isEmpty else { return [:] }
        var command = RedisCommand("ZMSCORE", keys.deadlines)
        command.append(contentsOf: orders.map(\.description))
        let reply = try await redis.send(command)
        guard let scores = reply.array, scores.count == orders.count else { throw UnexpectedReply(work: "ZMSCORE") }
        var due: [OrderID: Int64] = [:]
        for (order, score) in zip(orders, scores) {
            // Scores are doubles, which represent milliseconds exactly.
            if let time = score.string.flatMap({ Double($0) }) { due[order] = Int64(exactly: time.rounded()) }
        }
        return due
    }
}
