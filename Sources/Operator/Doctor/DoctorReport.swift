import FoundationEssentials
import Marketplace

/// Formats the results of the doctor.
enum DoctorReport {
    static func text(_ results: [DoctorRun.Result], isFixing: Bool) -> String {
        guard !results.isEmpty else { return "Nothing is damaged." }
        let lines = results.map { result in
            let end =
                switch result.repair {
                case .repaired(let action): "repaired: \(Readable.line(action))"
                case .resolved: "no longer found"
                case .manual(let advice): "not repaired: \(Readable.line(advice))"
                case nil: result.finding.weight == .note ? "note" : "found"
                }
            return "\(result.finding.text) · \(end)"
        }
        let damage = results.filter(\.isDamage).count
        let sum =
            damage == 0
            ? "Nothing is damaged\(isFixing && results.contains { $0.finding.weight == .damage } ? " any more" : "")."
            : isFixing ? "\(damage) not repaired." : "\(damage) damaged. Run with --fix to repair what can be repaired."
        return (lines + [sum]).joined(separator: "\n")
    }

    private struct Line: Encodable {
        var kind: String
        var weight: String
        var service: String?
        var subject: String
        var what: String
        /// `found`, `mended`, `healed` or `left`.
        var outcome: String
        /// The repair that was made, or the action that the operator must take.
        var note: String?
    }

    static func json(_ results: [DoctorRun.Result]) throws -> String {
        let lines = results.map { result in
            let (outcome, note): (String, String?) =
                switch result.repair {
                case .repaired(let action): ("mended", action)
                case .resolved: ("healed", nil)
                case .manual(let advice): ("left", advice)
                case nil: ("found", nil)
                }
            let finding = result.finding
            return Line(
                kind: finding.kind.rawValue, weight: finding.weight.rawValue, service: finding.service?.rawValue,
                subject: finding.subject, what: finding.problem, outcome: outcome, note: note)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(lines), as: UTF8.self)
    }
}
