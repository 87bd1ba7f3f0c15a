import Foundation
import Marketplace

/// A time as in a file: with its offset from UTC, or in a place's local time.
enum ImportTime {
    case moment(Timestamp)
    case local(String)

    /// Reads `2027-05-01T20:00`, with seconds and an offset if they are given. A space may separate the date and the
    /// time.
    ///
    /// - Parameter name: The field, for the refusal.
    static func read(_ text: String, _ name: String) -> Result<ImportTime, Refusal> {
        let invalid = Refusal(
            .invalid, "The \(name) must be a date and a time such as 2027-05-31T20:00 or 2027-05-31T20:00+02:00.",
            field: name)
        guard text.utf8.count <= 40, text.utf8.allSatisfy({ $0 < 0x80 }) else { return .failure(invalid) }
        let word = text.replacing(" ", with: "T", maxReplacements: 1).uppercased()
        if word.count == 10, Timestamp(word + "T00:00:00Z") != nil {
            return .failure(
                Refusal(.invalid, "The \(name) has no time of day: write it like \(word)T20:00.", field: name))
        }
        // The offset begins after the seconds or the minutes.
        var time = String(word.prefix(16))
        var rest = word.dropFirst(16)
        if rest.first == ":" {
            time += rest.prefix(3)
            rest = rest.dropFirst(3)
            // Fractions of a second are dropped.
            if rest.first == "." { rest = rest.dropFirst().drop { $0.isNumber } }
        } else {
            time += ":00"
        }
        guard Timestamp(time + "Z") != nil else { return .failure(invalid) }
        if rest.isEmpty { return .success(.local(time)) }
        var offset = String(rest)
        // ISO 8601 also has offsets without the colon.
        if offset.count == 5, !offset.contains(":") { offset = "\(offset.prefix(3)):\(offset.suffix(2))" }
        guard let moment = Timestamp(withOffset: time + offset) else { return .failure(invalid) }
        return .success(.moment(moment))
    }

    /// Returns the moment at which the clocks of the zone show the time.
    static func moment(_ text: String, in zone: TimeZone, _ name: String) -> Result<Timestamp, Refusal> {
        let moments = LocalTime.moments(text, in: zone) ?? []
        let shown = text.hasSuffix(":00") ? String(text.dropLast(3)) : text
        switch moments.count {
        case 1: return .success(moments[0])
        case 0:
            return .failure(
                Refusal(
                    .invalid,
                    "The \(name) \(shown) does not exist in \(zone.identifier): the clocks skip it when they go "
                        + "forward. Correct it.", field: name))
        default:
            let choices = moments.map { "\(shown)\(offset(of: $0, showing: text))" }.joined(separator: " or ")
            return .failure(
                Refusal(
                    .invalid,
                    "The \(name) \(shown) occurs twice in \(zone.identifier), because the clocks go back. Write "
                        + "\(choices).", field: name))
        }
    }

    private static func offset(of moment: Timestamp, showing text: String) -> String {
        let minutes = Int(((Timestamp(text + "Z") ?? moment) - moment).components.seconds) / 60
        func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(minutes < 0 ? "-" : "+")\(digits(abs(minutes) / 60)):\(digits(abs(minutes) % 60))"
    }
}
