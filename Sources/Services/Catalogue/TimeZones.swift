package import Foundation
import Marketplace

/// The time zones that a venue can have.
package enum TimeZones {
    /// IANA names such as `Europe/Berlin`, sorted. Compatibility names (`US/Pacific`, `Etc/GMT+3`) are left out.
    package static let names: [String] = TimeZone.knownTimeZoneIdentifiers
        .filter { name in name.split(separator: "/").first.map(areas.contains) ?? false }
        .sorted()

    /// True for a zone or a link that is named after a place. `EST` and `Etc/GMT+5` are offsets: they do not follow the
    /// clocks of any place, so a venue cannot have them.
    package static func isGeographical(_ name: String) -> Bool {
        guard isKnown(name), let area = name.split(separator: "/").first, area.utf8.count < name.utf8.count else {
            return false
        }
        return areas.contains(area) || linkAreas.contains(area)
    }

    /// The zone with the name, or UTC if this system does not know it.
    package static func zone(_ name: String) -> TimeZone { known(name) ?? .gmt }

    /// The zone with the name, or nil if this system does not know it. Foundation must not read other names: it stops
    /// the process at `GMT-6...3`.
    package static func known(_ name: String) -> TimeZone? {
        // Foundation also accepts offsets such as GMT+0200, which are not zones.
        let isOffset = name.hasPrefix("GMT") && name != "GMT"
        return ShowDetails.isTimeZoneName(name) && !isOffset ? TimeZone(identifier: name) : nil
    }

    private static let areas: Set<Substring> = [
        "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
    ]
    /// Old names such as `US/Pacific`.
    private static let linkAreas: Set<Substring> = ["Brazil", "Canada", "Chile", "Mexico", "US"]

    /// True for a zone or a link of the IANA database. Browsers often report an old name.
    package static func isKnown(_ name: String) -> Bool { known(name) != nil }
}
