import Histogram

/// The measurements of one step, or of whole flows.
struct Statistics {
    /// Microseconds from the intended start to the complete response, for starts within the measured time.
    private(set) var latency = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    /// Number of responses by status, whenever they arrived.
    private(set) var statuses: [Int: Int] = [:]
    /// Number of good responses that arrived within the measured time.
    private(set) var goodInWindow = 0
    private(set) var measured = 0

    mutating func record(
        status: Int, isGood: Bool, intendedStart: UInt64, responseTime: UInt64, window: Range<UInt64>
    ) {
        statuses[status, default: 0] += 1
        if isGood, window.contains(responseTime) { goodInWindow += 1 }
        guard window.contains(intendedStart) else { return }
        measured += 1
        _ = latency.record(max(1, (responseTime - intendedStart) / 1000))
    }

    func summary(seconds: Double) -> Report.Summary {
        precondition(latency.totalCount == measured, "the histogram does not hold every measured response")
        return Report.Summary(
            measured: measured, goodPerSecond: Double(goodInWindow) / seconds,
            statuses: Dictionary(uniqueKeysWithValues: statuses.map { (String($0.key), $0.value) }),
            latencyMicroseconds: measured == 0
                ? nil
                : .init(
                    p50: latency.valueAtPercentile(50), p90: latency.valueAtPercentile(90),
                    p99: latency.valueAtPercentile(99), p999: latency.valueAtPercentile(99.9), max: latency.max,
                    mean: latency.mean))
    }
}
