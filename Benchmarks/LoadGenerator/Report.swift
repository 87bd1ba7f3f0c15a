/// The report that `load` prints.
///
/// A response is good if the plan expects its status. The measured time begins after the warm-up.
struct Report: Encodable {
    /// The measurements of the responses to one step, or of the last responses of flows.
    struct Summary: Encodable {
        struct Latency: Encodable { var p50, p90, p99, p999, max: UInt64, mean: Double }
        /// Number of responses whose requests were intended to start within the measured time.
        var measured: Int
        /// Good responses that arrived within the measured time, divided by its seconds.
        var goodPerSecond: Double
        /// Number of all responses by status, including late ones and those of the warm-up.
        var statuses: [String: Int]
        var latencyMicroseconds: Latency?
    }
    /// Length of the measured time.
    var seconds: Double
    /// Start of the measured time, in milliseconds since 1970.
    var from: Int
    /// End of the measured time, in milliseconds since 1970.
    var to: Int
    var begun: Int
    /// Number of flows that completed all steps.
    var completed: Int
    /// Number of flows that ended with a response that was not good, or that lacked a member to extract.
    var failed: Int
    /// Number of flows that lost their connection while waiting for a response.
    var broken: Int
    /// Number of flows still in flight at the end of the grace period.
    var unanswered: Int
    /// Time from the start of the warm-up to the last response.
    var lastAnswerSeconds: Double
    /// Number of flows completed in each second since the start of the warm-up.
    var perSecond: [Int]
    /// The summary of whole flows.
    var flow: Summary
    /// The summary of each step, by name.
    var steps: [String: Summary]
    /// Processor time of the generator itself.
    var cpuSeconds: Double
    /// The first responses with which flows failed.
    var samples: [String]
}
