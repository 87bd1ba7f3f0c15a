import FoundationEssentials

/// The JSON that `load` reads: the requests to send, how often, and for how long.
struct Plan: Decodable {
    /// The servers of each target, as `host:port`, by the name that steps use. Connections are spread evenly over them.
    var targets: [String: [String]]
    /// Number of connections to each target, shared by its servers.
    var connections: Int
    /// Flows that begin in a second, whether or not earlier ones were answered. Cannot be combined with `inFlight`.
    var rate: Double?
    /// Number of flows in flight at any time. Cannot be combined with `rate`.
    var inFlight: Int?
    /// Times between the starts of flows at a given rate: random, like arrivals of people, or equal.
    var arrivals = Arrivals.poisson
    /// Time before the measured time.
    var warmUpSeconds = 0.0
    /// Length of the measured time.
    var seconds: Double
    /// Maximum number of flows, including those of the warm-up.
    var limit: Int?
    /// Maximum time to wait for flows in flight at the end.
    var graceSeconds = 15.0
    /// The requests of a flow. Each is sent after a good response to the previous one.
    var steps: [Step]
    /// A file with one token per line. Flow n uses token n. After the last token, the first is used again.
    var tokens: String?
    /// A file with one id per line.
    var ids: String?
    var pick = Pick.next
    var seed: UInt64 = 1
    /// The file to which the first value that each completed flow extracted is written, such as the id of its order.
    var output: String?

    enum Arrivals: String, Decodable { case poisson, even }
    /// The order in which ids are used.
    enum Pick: String, Decodable { case next, random }

    struct Step: Decodable {
        var name: String
        var target: String
        var method: String
        /// The path. Like the values of headers and the body, it may contain the placeholders `{token}`, `{id}`,
        /// `{key}` (a different one for each flow), and values that earlier steps have extracted, such as `{order.id}`.
        var path: String
        var headers: [String: String]?
        var body: String?
        /// Names of string members to extract from the JSON response. If the value is a URL, only its path is kept.
        var extract: [String]?
        /// The expected statuses. If not set, any 2xx.
        var expect: [Int]?
    }

    private enum CodingKeys: String, CodingKey {
        case targets, connections, rate, inFlight, arrivals, warmUpSeconds, seconds, limit, graceSeconds, steps, tokens
        case ids, pick, seed, output
    }

    init(from decoder: any Decoder) throws {
        let plan = try decoder.container(keyedBy: CodingKeys.self)
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
        guard (rate == nil) != (inFlight == nil) else {
            throw GeneratorError("the plan must have either `rate` or `inFlight`")
        }
        guard !steps.isEmpty, connections > 0, seconds > 0 else {
            throw GeneratorError("the plan must have steps, and connections and seconds above 0")
        }
    }
}
