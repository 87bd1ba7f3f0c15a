import Foundation
import Marketplace

/// The time zones that places are in.
enum Zones {
    /// IANA's names of the form `Europe/Berlin`, sorted. What is there for compatibility (`US/Pacific`, `Etc/GMT+3`) is
    /// not among them.
    static let names: [String] = {
        let areas: Set<Substring> = [
            "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
        ]
        return TimeZone.knownTimeZoneIdentifiers
            .filter { name in name.split(separator: "/").first.map(areas.contains) ?? false }
            .sorted()
    }()

    /// Whether it is a zone of the IANA database, or a link in it: what browsers say of themselves is often one of the old
    /// names.
    static func isKnown(_ name: String) -> Bool {
        // Foundation also takes offsets, as in GMT+0200, which are no zones.
        let isOffset = name.hasPrefix("GMT") && name != "GMT"
        return EventDetails.isTimeZoneName(name) && !isOffset && TimeZone(identifier: name) != nil
    }
}
