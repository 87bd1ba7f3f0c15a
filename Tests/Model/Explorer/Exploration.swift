/// What came of a scenario.
struct Exploration: Sendable {
    var scenario: Scenario
    var states = 0
    var transitions = 0
    /// Steps to the states that are the furthest away.
    var depth = 0
    var time = Duration.zero
    var violation: Violation?
}

/// Something that is wrong, and a shortest way to it.
struct Violation: Sendable {
    var breach: String
    var trace: [String]
}

extension Exploration {
    /// One line where all is well, else with the way to what is wrong.
    var report: String {
        let columns = [
            padded(scenario.name, 16), padded("\(states) states", 15), padded("\(transitions) transitions", 20),
            padded("depth \(depth)", 9), padded(seconds, 8), scenario.bound,
        ]
        var lines = [columns.joined(separator: " ")]
        if let violation {
            lines.append("  WRONG: \(violation.breach)")
            for (index, step) in violation.trace.enumerated() { lines.append("  \(index + 1). \(step)") }
        }
        return lines.joined(separator: "\n")
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// To the hundredth.
    private var seconds: String {
        let hundredths = Int((time / .milliseconds(10)).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) s"
    }
}
