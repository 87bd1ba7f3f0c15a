import RedisClient

/// Each deferred entry is a JSON array of alternating field names and values, so that people can read it.
extension Scripts {
    /// Moves entries of a command stream to the deferred entries or to the dead letters, if they are still pending for
    /// this consumer. `failures`, `history` and `origin` replace the fields with these names. The mark of a deferred
    /// event that becomes a dead letter is removed.
    ///
    /// Returns for each entry 1 if it was moved, otherwise 0.
    ///
    /// KEYS: commands, deferred, dead letters, each key of marks. ARGV: group, consumer, then for each entry: id, delay
    /// in ms or 'dead', failures, history, origin, error, the key that has its mark or '', the mark.
    static let move = RedisScript(
        """
        local group, me = ARGV[1], ARGV[2]
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local replaced = {failures = true, history = true, origin = true}
        local moved = {}
        for i = 3, #ARGV, 8 do
            local id, delay, failures, history, origin, failure, held, mark = unpack(ARGV, i, i + 7)
            local pending = redis.call('XPENDING', KEYS[1], group, id, id, 1)
            local mine = pending[1] and pending[1][2] == me
            local entry = mine and redis.call('XRANGE', KEYS[1], id, id)[1]
            if entry then
                local fields = {}
                for j = 1, #entry[2], 2 do
                    if not replaced[entry[2][j]] then
                        fields[#fields + 1] = entry[2][j]
                        fields[#fields + 1] = entry[2][j + 1]
                    end
                end
                local function add(name, value)
                    if value ~= '' then
                        fields[#fields + 1] = name
                        fields[#fields + 1] = value
                    end
                end
                add('failures', failures)
                add('history', history)
                add('origin', origin)
                if delay == 'dead' then
                    add('error', failure)
                    redis.call('XADD', KEYS[3], '*', unpack(fields))
                else
                    redis.call('ZADD', KEYS[2], string.format('%.0f', now + delay), cjson.encode(fields))
                end
                if held ~= '' then redis.call('ZREM', held, mark) end
                redis.call('XDEL', KEYS[1], id)
                redis.call('XACK', KEYS[1], group, id)
            end
            moved[#moved + 1] = entry and 1 or 0
        end
        return moved
        """)

    /// Adds another service's events to the deferred entries. For each event, also adds a mark, which holds back the
    /// low-water mark of the event's source. A later command acknowledges them, because their stream has a different
    /// hash tag.
    ///
    /// KEYS: deferred, marks. ARGV: for each entry: delay in ms, id, the id's first number, number of words, words.
    static let deferEvents = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local i = 1
        while i <= #ARGV do
            local delay, id, score, count = unpack(ARGV, i, i + 3)
            local fields = {}
            for j = i + 4, i + 3 + count do fields[#fields + 1] = ARGV[j] end
            redis.call('ZADD', KEYS[2], score, id)
            redis.call('ZADD', KEYS[1], string.format('%.0f', now + delay), cjson.encode(fields))
            i = i + 4 + count
        end
        return 1
        """)

    /// Moves due entries back to the service's command stream. An entry that cannot be decoded, because it was added by
    /// hand, becomes a dead letter.
    ///
    /// Returns the number of due entries, and the ms until the next entry is due (-1 if there is none).
    ///
    /// KEYS: deferred, commands, dead letters. ARGV: limit.
    static let requeueDue = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[1])
        for _, member in ipairs(due) do
            local readable, fields = pcall(cjson.decode, member)
            local added = {err = 'not a JSON array of names and values'}
            if readable and type(fields) == 'table' and #fields > 0 and #fields % 2 == 0 then
                added = redis.pcall('XADD', KEYS[2], '*', unpack(fields))
            end
            if type(added) == 'table' and added.err then
                if string.find(added.err, 'OOM', 1, true) then return added end
                redis.call('XADD', KEYS[3], '*', 'body', member, 'error', added.err)
            end
            redis.call('ZREM', KEYS[1], member)
        end
        local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        return {#due, first[2] and math.max(math.ceil(first[2] - now), 0) or -1}
        """)

    /// Moves a dead letter back to the service's command stream, without its fields `failures`, `history` and `error`.
    ///
    /// Returns its new id, or nil if there is no such letter.
    ///
    /// KEYS: dead letters, commands. ARGV: id.
    static let retryDeadLetter = RedisScript(
        """
        local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
        if not entry then return false end
        local noted = {failures = true, history = true, error = true}
        local fields = {}
        for i = 1, #entry[2], 2 do
            local name, value = entry[2][i], entry[2][i + 1]
            if not noted[name] then
                fields[#fields + 1] = name
                fields[#fields + 1] = value
            end
        end
        if #fields == 0 then return redis.error_reply('ERR the entry has no fields of its own') end
        local id = redis.call('XADD', KEYS[2], '*', unpack(fields))
        redis.call('XDEL', KEYS[1], ARGV[1])
        return id
        """)
}
