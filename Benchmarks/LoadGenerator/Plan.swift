import FoundationEssentials

/// What to send, how often and for how long: the JSON that `load` reads.
struct Plan: Decodable {
    /// `host:port` of each server, by the name that steps use. Several are taken in turns.
    var targets: [String: [String]]
    /// To each target, shared by its servers.
    var connections: Int
    /// Flows a second, begun whether or not earlier ones were answered. Without it `inFlight` are under way at any time.
    var rate: Double?
    var inFlight: Int?
    /// Flows come at random moments (as people do), or evenly.
    var arrivals = Arrivals.poisson
    /// Before anything is counted.
    var warmUpSeconds = 0.0
    var seconds: Double
    /// So many flows at most; the warm-up counts too.
    var limit: Int?
    /// How long to wait for what is under way at the end.
    var graceSeconds = 15.0
    /// Requests, each sent when the one before was answered as it should be.
    var steps: [Step]
    /// A file with a token in each line: flow n takes the n-th, and begins again.
    var tokens: String?
    /// A file with an id in each line, all of one length.
    var ids: String?
    var pick = Pick.next
    var seed: UInt64 = 1
    /// A file that gets what each flow's last step extracted first: for orders, their ids.
    var output: String?

    enum Arrivals: String, Decodable { case poisson, even }
    enum Pick: String, Decodable { case next, random }

    struct Step: Decodable {
        var name: String
        var target: String
        var method: String
        /// The path, the headers' values and the body may hold `{token}`, `{id}`, `{key}` (another for each flow) and
        /// what earlier steps have extracted: `{order.id}`.
        var path: String
        var headers: [String: String]?
        var body: String?
        /// Text members of the JSON that is answered. Of a URL its path is kept.
        var extract: [String]?
        /// The statuses that are success; any 2xx unless told.
        var expect: [Int]?
    }

    private enum Key: String, CodingKey {
        case targets, connections, rate, inFlight, arrivals, warmUpSeconds, seconds, limit, graceSeconds, steps, tokens
        case ids, pick, seed, output
    }

    init(from decoder: any Decoder) throws {
        let plan = try decoder.container(keyedBy: Key.self)
        targets = try plan.decode([String: [String]].self, forKey: .targets)
        connections = try plan.decode(Int.self, forKey: .connections)
        rate = try plan.decodeIfPresent(Double.self, forKey: .rate)
        inFlight = try plan.decodeIfPresent(Int.self, forKey: .inFlight)
        arrivals = try plan.decodeIfPresent(Arrivals.self, forKey: .arrivals) ?? .poisson
        warmUpSeconds = try plan.decodeIfPresent(Double.self, forKey: .warmUpSeconds) ?? 0
        seconds = try plan.decode(Double.self, forKey: .seconds)
        limit = try plan.decodeIfPresent(Int.self, forKey: .limit)
        graceSeconds = try plan.decodeIfPresent(Double.self, forKey: .graceSeconds) ?? 15
        steps = try plan.decode([Step].self, forKey: .steps)
        tokens = try plan.decodeIfPresent(String.self, forKey: .tokens)
        ids = try plan.decodeIfPresent(String.self, forKey: .ids)
        pick = try plan.decodeIfPresent(Pick.self, forKey: .pick) ?? .next
        seed = try plan.decodeIfPresent(UInt64.self, forKey: .seed) ?? 1
        output = try plan.decodeIfPresent(String.self, forKey: .output)
        guard (rate == nil) != (inFlight == nil) else { throw Misuse("give either a rate or a number in flight") }
        guard !steps.isEmpty, connections > 0, seconds > 0 else { throw Misuse("there is nothing to do") }
    }
}
