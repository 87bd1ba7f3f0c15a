import Histogram

/// What was measured of one step, or of whole flows.
struct Tally {
    /// Microseconds from the intended moment to the whole answer, of those intended within the measured time.
    private(set) var latency = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    /// Of all that came, by status.
    private(set) var statuses: [Int: Int] = [:]
    /// Good answers that came within the measured time.
    private(set) var goodInTime = 0
    private(set) var measured = 0

    mutating func note(status: Int, isGood: Bool, from due: UInt64, to now: UInt64, window: Range<UInt64>) {
        statuses[status, default: 0] += 1
        if isGood, window.contains(now) { goodInTime += 1 }
        guard window.contains(due) else { return }
        measured += 1
        _ = latency.record(max(1, (now - due) / 1000))
    }

    func report(seconds: Double) -> Report.Part {
        precondition(latency.totalCount == measured, "an answer is missing in the histogram")
        return Report.Part(
            measured: measured, goodPerSecond: Double(goodInTime) / seconds,
            statuses: Dictionary(uniqueKeysWithValues: statuses.map { (String($0.key), $0.value) }),
            latencyMicroseconds: measured == 0
                ? nil
                : .init(
                    p50: latency.valueAtPercentile(50), p90: latency.valueAtPercentile(90),
                    p99: latency.valueAtPercentile(99), p999: latency.valueAtPercentile(99.9), max: latency.max,
                    mean: latency.mean))
    }
}

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
