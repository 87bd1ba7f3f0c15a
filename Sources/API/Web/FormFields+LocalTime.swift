import Foundation
import Marketplace
import Services

extension FormFields {
    /// A local date and time. If the clocks show it twice, the field `choice` selects one.
    mutating func localTime(_ name: String, _ what: String, choice: String, in zone: TimeZone) -> Timestamp? {
        let text = self[name].trimmed
        guard !text.isEmpty else {
            fail(name, "Enter \(what).")
            return nil
        }
        guard let moments = LocalTime.moments(text, in: zone) else {
            fail(name, "Enter a date and time such as 2027-05-31T20:00.")
            return nil
        }
        let chosen = moments.filter { String(zone.secondsFromGMT(for: $0.date)) == self[choice] }
        if let time = chosen.first ?? (moments.count == 1 ? moments.first : nil) { return time }
        fail(
            name,
            moments.isEmpty
                ? "This time doesn't exist at the venue: clocks go forward that night and skip it. "
                    + "Check the time on your tickets."
                : "This time occurs twice at the venue, because clocks go back that night. Choose which one below.")
        return nil
    }
}
