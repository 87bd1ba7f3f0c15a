import RedisClient

/// The Lua scripts. Each is an atomic step on the keys of one hash tag.
///
/// If Redis is out of memory, it rejects a script at the first write, so a script changes everything or nothing. A
/// script that moves an entry adds it at its new place before it acknowledges it.
enum Scripts {}

extension Scripts {
    /// Resets the idle time of the entries that are still pending for this consumer. Returns the ids of the other
    /// entries, which other consumers have taken.
    ///
    /// KEYS: stream. ARGV: group, consumer, ids in ascending order.
    static let heartbeat = RedisScript(
        """
        local group, me = ARGV[1], ARGV[2]
        local own = {}
        local pending = redis.call('XPENDING', KEYS[1], group, ARGV[3], ARGV[#ARGV], 100000, me)
        for _, entry in ipairs(pending) do own[entry[1]] = true end
        local kept, lost = {}, {}
        for i = 3, #ARGV do
            if own[ARGV[i]] then kept[#kept + 1] = ARGV[i] else lost[#lost + 1] = ARGV[i] end
        end
        for from = 1, #kept, 500 do
            local claim = {KEYS[1], group, me, 0}
            for i = from, math.min(from + 499, #kept) do claim[#claim + 1] = kept[i] end
            claim[#claim + 1] = 'IDLE'
            claim[#claim + 1] = 0
            claim[#claim + 1] = 'JUSTID'
            redis.call('XCLAIM', unpack(claim))
        end
        return lost
        """)

    /// Claims entries that have been idle for the given time. An entry that was deleted while pending is acknowledged.
    ///
    /// Returns the next cursor and the entries as {id, fields, earlier deliveries}.
    ///
    /// KEYS: stream. ARGV: group, consumer, idle ms, cursor, count.
    static let claim = RedisScript(
        """
        local group, me = ARGV[1], ARGV[2]
        local claimed = redis.call('XAUTOCLAIM', KEYS[1], group, me, ARGV[3], ARGV[4], 'COUNT', ARGV[5], 'JUSTID')
        local entries = {}
        for _, id in ipairs(claimed[2]) do
            local entry = redis.call('XRANGE', KEYS[1], id, id)
            if entry[1] then
                local pending = redis.call('XPENDING', KEYS[1], group, id, id, 1)
                local before = pending[1][4]
                redis.call('XCLAIM', KEYS[1], group, me, 0, id, 'RETRYCOUNT', before + 1, 'JUSTID')
                entries[#entries + 1] = {id, entry[1][2], before}
            else
                redis.call('XACK', KEYS[1], group, id)
            end
        end
        return {claimed[1], entries}
        """)

    /// Releases entries that are still pending for this consumer: reverts their delivery counts, and sets their idle
    /// time. Works without free memory.
    ///
    /// KEYS: stream. ARGV: group, consumer, idle ms, ids.
    static let release = RedisScript(
        """
        local group, me = ARGV[1], ARGV[2]
        for i = 4, #ARGV do
            local entry = redis.call('XPENDING', KEYS[1], group, ARGV[i], ARGV[i], 1, me)[1]
            if entry then
                redis.call('XCLAIM', KEYS[1], group, me, 0, ARGV[i], 'IDLE', ARGV[3],
                    'RETRYCOUNT', math.max(entry[4] - 1, 0), 'JUSTID')
            end
        end
        return 1
        """)

    /// Releases all pending entries of a consumer, except the entries that it has released before. Deletes the consumer
    /// only if it has no pending entries, because they would be deleted with it.
    ///
    /// KEYS: stream. ARGV: group, consumer, idle ms.
    static let releaseAll = RedisScript(
        """
        local group, me = ARGV[1], ARGV[2]
        local pending = redis.call('XPENDING', KEYS[1], group, '-', '+', 100000, me)
        for _, entry in ipairs(pending) do
            if entry[3] < tonumber(ARGV[3]) then
                redis.call('XCLAIM', KEYS[1], group, me, 0, entry[1], 'IDLE', ARGV[3],
                    'RETRYCOUNT', math.max(entry[4] - 1, 0), 'JUSTID')
            end
        end
        if #pending == 0 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], group, me) end
        return #pending
        """)

    /// Deletes the consumers that have no pending entries and have been idle for the given time.
    ///
    /// KEYS: stream. ARGV: group, idle ms.
    static let deleteIdleConsumers = RedisScript(
        """
        local deleted = 0
        for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
            local info = {}
            for i = 1, #consumer, 2 do info[consumer[i]] = consumer[i + 1] end
            if info['pending'] == 0 and info['idle'] > tonumber(ARGV[2]) then
                redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], info['name'])
                deleted = deleted + 1
            end
        end
        return deleted
        """)
}
