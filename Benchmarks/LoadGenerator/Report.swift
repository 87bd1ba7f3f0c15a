/// What `load` prints.
struct Report: Encodable {
    struct Part: Encodable {
        struct Latency: Encodable { var p50, p90, p99, p999, max: UInt64, mean: Double }
        /// Answers to what was intended within the measured time.
        var measured: Int
        /// Good answers that came within the measured time, by its seconds.
        var goodPerSecond: Double
        /// All answers, the warm-up's and the late ones too.
        var statuses: [String: Int]
        var latencyMicroseconds: Latency?
    }
    var seconds: Double
    /// Of the measured time, in milliseconds since 1970.
    var from: Int
    var to: Int
    var begun: Int
    /// Flows that went through all steps.
    var completed: Int
    /// Flows that ended with an answer that was not expected.
    var failed: Int
    /// Connections that ended while an answer was due.
    var broken: Int
    /// Flows not answered by the end of the grace.
    var unanswered: Int
    /// From the beginning of the warm-up to the last answer.
    var lastAnswerSeconds: Double
    /// Good flows for each second from the beginning of the warm-up.
    var perSecond: [Int]
    var flow: Part
    var steps: [String: Part]
    /// Of the generator itself.
    var cpuSeconds: Double
    /// Some answers that were not expected.
    var samples: [String]
}
