public import Marketplace
public import RedisClient

/// Reports the state of the services' queues to an operator. Changes nothing.
public struct Queues: Sendable {
    private let redis: RedisClient
    private let keys: Keys
    private let topology: ServiceTopology
    private let timers: [TimerName]

    public init(redis: RedisClient, keys: Keys, topology: ServiceTopology, timers: [TimerName] = []) {
        self.topology = topology
        self.timers = timers
        self.redis = redis
        self.keys = keys
    }

    /// Returns one report for each service, in declaration order.
    public func report() async throws -> [QueueReport] {
        var reports: [QueueReport] = []
        for service in topology.names { reports.append(try await report(of: service)) }
        return reports
    }

    private func report(of service: ServiceName) async throws -> QueueReport {
        let reply = try await redis.evaluate(
            Self.script,
            keys: [
                keys.commands(service), keys.deferred(service), keys.deadLetters(service), keys.events(service),
                keys.paused(service), keys.gaps(ofEvents: service),
            ],
            arguments: [service.rawValue, keys.catchUp(service, to: "")])
        guard let parts = reply.array, parts.count == 10, let backlog = parts[0].int, let deferred = parts[2].int,
            let dead = parts[3].int, let events = parts[4].int, let commandGroups = parts[5].array,
            let consumers = parts[6].array, let eventGroups = parts[7].array, let gaps = parts[9].array
        else { throw Self.unexpected }
        let group = try commandGroups.map(Self.follower).first { $0.service == service.rawValue }
        let groups = try eventGroups.map(Self.follower) + gaps.map(Self.catchingUp)
        let followers = topology.followers(of: service)
        let declared = followers.map { follower in
            groups.first { $0.service == follower.rawValue }
                ?? .init(service: follower.rawValue, hasGroup: false, isCatchingUp: false, lag: nil, pending: 0)
        }
        let pending = group?.pending ?? 0
        var timerReports: [TimerReport] = []
        for timer in timers where timer.service == service {
            timerReports.append(try await Timers(timer, redis: redis, keys: keys).report())
        }
        return QueueReport(
            service: service, paused: parts[8].string.map { Pauses.Pause($0) }, backlog: Int(backlog),
            undelivered: group?.lag ?? max(Int(backlog) - pending, 0),
            oldestMilliseconds: parts[1].int.map { Int($0) }, pending: pending,
            consumers: try consumers.map(Self.consumer), deferred: Int(deferred), deadLetters: Int(dead),
            events: Int(events),
            followers: declared
                + groups.filter { ServiceName(rawValue: $0.service).map(followers.contains) != true },
            timers: timerReports)
    }

    private static func follower(_ value: RedisValue) throws -> QueueReport.Follower {
        guard let parts = value.array, parts.count == 3, let name = parts[0].string, let pending = parts[1].int else {
            throw unexpected
        }
        return .init(
            service: name, hasGroup: true, isCatchingUp: false, lag: parts[2].int.map { Int($0) },
            pending: Int(pending))
    }

    private static func catchingUp(_ value: RedisValue) throws -> QueueReport.Follower {
        guard let parts = value.array, parts.count == 4, let name = parts[0].string,
            let position = parts[1].string.flatMap({ Int($0) }), let last = parts[2].string.flatMap({ Int($0) }),
            let unsettled = parts[3].int
        else { throw unexpected }
        return .init(
            service: name, hasGroup: false, isCatchingUp: true, lag: max(last - position, 0), pending: Int(unsettled))
    }

    private static func consumer(_ value: RedisValue) throws -> QueueReport.Consumer {
        guard let parts = value.array, parts.count == 3, let name = parts[0].string, let pending = parts[1].int,
            let idle = parts[2].int
        else { throw unexpected }
        return .init(name: name, pending: Int(pending), idleMilliseconds: Int(idle))
    }

    private static let unexpected = UnexpectedReply(work: "reading the queues")

    /// Returns the command stream's length and the age of its oldest entry in ms (or nil); the numbers of deferred
    /// entries, dead letters and events; the command stream's groups as {name, pending, lag or nil}; the service's
    /// consumers as {name, pending, idle ms}; the event stream's groups; the pause (or nil); and the followers that are
    /// catching up as {name, last row given, last row of the stream, rows not settled}.
    ///
    /// KEYS: commands, deferred, dead letters, events, paused, gaps. ARGV: group, the catch-up streams' common prefix.
    private static let script = RedisScript(
        """
        local function named(words)
            local map = {}
            for i = 1, #words, 2 do map[words[i]] = words[i + 1] end
            return map
        end
        local function groups(key)
            local found = {}
            if redis.call('EXISTS', key) == 0 then return found end
            for _, words in ipairs(redis.call('XINFO', 'GROUPS', key)) do
                local group = named(words)
                found[#found + 1] = {group['name'], group['pending'], group['lag'] or false}
            end
            return found
        end
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
        local age = first and math.max(now - tonumber(string.match(first[1], '^%d+')), 0) or false
        local readers, consumers = groups(KEYS[1]), {}
        for _, group in ipairs(readers) do
            if group[1] == ARGV[1] then
                for _, words in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
                    local consumer = named(words)
                    consumers[#consumers + 1] = {consumer['name'], consumer['pending'], consumer['idle']}
                end
            end
        end
        local last, behind = '0', {}
        local gaps = redis.call('HGETALL', KEYS[6])
        if #gaps > 0 and redis.call('EXISTS', KEYS[4]) == 1 then
            last = string.match(named(redis.call('XINFO', 'STREAM', KEYS[4]))['last-generated-id'], '^%d+')
        end
        for i = 1, #gaps, 2 do
            behind[#behind + 1] = {gaps[i], gaps[i + 1], last, redis.call('XLEN', ARGV[2] .. gaps[i])}
        end
        return {
            redis.call('XLEN', KEYS[1]), age, redis.call('ZCARD', KEYS[2]), redis.call('XLEN', KEYS[3]),
            redis.call('XLEN', KEYS[4]), readers, consumers, groups(KEYS[4]), redis.call('GET', KEYS[5]),
            behind
        }
        """)
}
