import RedisClient

extension Scripts {
    /// Creates a follower's group at the beginning of an event stream, unless the follower is catching up. Also creates
    /// the group of its catch-up stream, if there is one.
    ///
    /// Returns for each of the two streams 1 if the follower must read it, otherwise 0.
    ///
    /// KEYS: stream, gaps, catch-up. ARGV: follower.
    static let joinEvents = RedisScript(
        """
        local function ensure(key)
            if redis.call('EXISTS', key) == 1 then
                for _, words in ipairs(redis.call('XINFO', 'GROUPS', key)) do
                    for i = 1, #words, 2 do
                        if words[i] == 'name' and words[i + 1] == ARGV[1] then return 1 end
                    end
                end
            end
            redis.call('XGROUP', 'CREATE', key, ARGV[1], '0', 'MKSTREAM')
            return 1
        end
        local isAway = redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1
        local hasRows = redis.call('EXISTS', KEYS[3]) == 1
        return {isAway and 0 or ensure(KEYS[1]), hasRows and ensure(KEYS[3]) or 0}
        """)
}
