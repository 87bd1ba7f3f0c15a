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
