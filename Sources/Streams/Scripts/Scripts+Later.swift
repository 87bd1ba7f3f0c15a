import RedisClient

/// Entries in `later` are JSON arrays of field names and values in turn, readable as they are.
extension Scripts {
    /// Moves entries of a service's own stream to `later` or to `dead`, if they are still pending as this consumer's.
    /// `failures`, `history` and `origin` replace the fields of these names. What dies lets go of the low-water mark.
    ///
    /// Answers for each entry 1 if it was moved, else 0.
    /// KEYS: commands, later, dead, each later:from. ARGV: group, consumer, then for each entry: id, delay in ms or
    /// 'dead', failures, history, origin, error, the later:from that has its mark or '', the mark.
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

    /// Adds events of another service's stream to `later`, with a mark that holds their source's low-water mark. They
    /// are acked after, by another command: their stream has another hash tag.
    ///
    /// KEYS: later, later:from. ARGV: for each entry: delay in ms, id, the id's first number, how many words, words.
    static let putOffEvents = RedisScript(
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

    /// Brings what is due back to the service's own stream. What can't be read (somebody wrote it by hand) goes to the
    /// dead letters, so that it stops nothing.
    ///
    /// Answers how many are back, and in how many ms the next is due (-1: there is none).
    /// KEYS: later, commands, dead. ARGV: limit.
    static let bringBack = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[1])
        for _, member in ipairs(due) do
            local readable, fields = pcall(cjson.decode, member)
            local added = {err = 'no JSON array of names and values'}
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

    /// Moves a dead entry back to the service's own stream, without what was noted when it died.
    ///
    /// Answers its new id, or nil when it is not there.
    /// KEYS: dead, commands. ARGV: id, the field to change (or ''), its new value.
    static let retryDead = RedisScript(
        """
        local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
        if not entry then return false end
        local noted = {failures = true, history = true, error = true}
        local fields = {}
        for i = 1, #entry[2], 2 do
            local name, value = entry[2][i], entry[2][i + 1]
            if not noted[name] then
                fields[#fields + 1] = name
                fields[#fields + 1] = name == ARGV[2] and ARGV[3] or value
            end
        end
        if #fields == 0 then return redis.error_reply('ERR the entry has no field of its own') end
        local id = redis.call('XADD', KEYS[2], '*', unpack(fields))
        redis.call('XDEL', KEYS[1], ARGV[1])
        return id
        """)
}
