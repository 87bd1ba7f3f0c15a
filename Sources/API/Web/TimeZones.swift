import Foundation
import Marketplace

/// The time zones that a venue can have.
enum TimeZones {
    /// IANA names such as `Europe/Berlin`, sorted. Compatibility names (`US/Pacific`, `Etc/GMT+3`) are left out.
    static let names: [String] = {
        let areas: Set<Substring> = [
            "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
        ]
        return TimeZone.knownTimeZoneIdentifiers
            .filter { name in name.split(separator: "/").first.map(areas.contains) ?? false }
            .sorted()
    }()

    /// Is true for a zone or a link of the IANA database. Browsers often report an old name.
    static func isKnown(_ name: String) -> Bool {
        // Foundation also accepts offsets such as GMT+0200, which are not zones.
        let isOffset = name.hasPrefix("GMT") && name != "GMT"
        return ShowDetails.isTimeZoneName(name) && !isOffset && TimeZone(identifier: name) != nil
    }
}
