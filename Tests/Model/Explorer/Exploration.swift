/// The result of exploring a scenario.
struct Exploration: Sendable {
    var scenario: Scenario
    var states = 0
    var transitions = 0
    /// The number of steps to the most distant states.
    var depth = 0
    var time = Duration.zero
    var violation: Violation?
}

/// A broken invariant, with a shortest trace to it.
struct Violation: Sendable {
    var breach: String
    var trace: [String]
}

extension Exploration {
    /// One line, followed by the trace of the violation if there is one.
    var report: String {
        let columns = [
            padded(scenario.name, 16), padded("\(states) states", 15), padded("\(transitions) transitions", 20),
            padded("depth \(depth)", 9), padded(seconds, 8), scenario.bound,
        ]
        var lines = [columns.joined(separator: " ")]
        if let violation {
            lines.append("  VIOLATION: \(violation.breach)")
            for (index, step) in violation.trace.enumerated() { lines.append("  \(index + 1). \(step)") }
        }
        return lines.joined(separator: "\n")
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// The time, rounded to hundredths of a second.
    private var seconds: String {
        let hundredths = Int((time / .milliseconds(10)).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) s"
    }
}
