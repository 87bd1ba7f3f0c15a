import FoundationEssentials
import Marketplace

/// What was found and done, printed.
enum CheckupText {
    static func text(_ results: [Checkup.Result], isFixing: Bool) -> String {
        guard !results.isEmpty else { return "Nothing is damaged." }
        let lines = results.map { result in
            let end =
                switch result.treatment {
                case .mended(let deed): "mended: \(Readable.line(deed))"
                case .healed: "healed by itself meanwhile"
                case .left(let advice): "left: \(Readable.line(advice))"
                case nil: result.finding.weight == .note ? "note" : "found"
                }
            return "\(result.finding.text) · \(end)"
        }
        let damage = results.filter(\.isDamage).count
        let sum =
            damage == 0
            ? "Nothing is damaged\(isFixing && results.contains { $0.finding.weight == .damage } ? " any more" : "")."
            : isFixing ? "\(damage) left." : "\(damage) damaged: --fix mends what can be mended."
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
        /// What was done, or what is to be done.
        var note: String?
    }

    static func json(_ results: [Checkup.Result]) throws -> String {
        let lines = results.map { result in
            let (outcome, note): (String, String?) =
                switch result.treatment {
                case .mended(let deed): ("mended", deed)
                case .healed: ("healed", nil)
                case .left(let advice): ("left", advice)
                case nil: ("found", nil)
                }
            let finding = result.finding
            return Line(
                kind: finding.kind.rawValue, weight: finding.weight.rawValue, service: finding.service?.rawValue,
                subject: finding.subject, what: finding.what, outcome: outcome, note: note)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(lines), as: UTF8.self)
    }
}
