package import Foundation
package import Marketplace

/// Times on the clocks of a time zone, as `<input type="datetime-local">` sends them: `2026-12-01T20:00`.
package enum LocalTime {
    /// The moments at which the clocks show the time, in order: none if the clocks skip the time when they go forward,
    /// and two if they repeat it when they go back. `nil` if the text is not a local time of the years 1970 to 9999.
    package static func moments(_ text: String, in zone: TimeZone) -> [Timestamp]? {
        // Browsers that show seconds send them.
        let full = text.replacing(" ", with: "T") + (text.utf8.count == 16 ? ":00Z" : "Z")
        guard full.utf8.count == 20, let reading = Timestamp(full), reading.microseconds >= 0 else { return nil }
        let day = Duration.seconds(86_400)
        let offsets = Set([reading - day, reading, reading + day].map { zone.secondsFromGMT(for: $0.date) })
        return offsets.map { (offset: $0, moment: reading - .seconds($0)) }
            .filter { zone.secondsFromGMT(for: $0.moment.date) == $0.offset }
            .map(\.moment).sorted()
    }

    /// Formats a moment for `<input type="datetime-local">`.
    package static func text(of time: Timestamp, in zone: TimeZone) -> String {
        let offset = zone.secondsFromGMT(for: time.date)
        return String((time + .seconds(offset)).description.prefix(16))
    }

    /// The offset from UTC in seconds if the clocks show this time twice. Empty if they show it once.
    package static func choice(of time: Timestamp, in zone: TimeZone) -> String {
        let isTwice = moments(text(of: time, in: zone), in: zone)?.count == 2
        return isTwice ? String(zone.secondsFromGMT(for: time.date)) : ""
    }
}

extension Timestamp {
    fileprivate var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
