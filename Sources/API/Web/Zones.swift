import Foundation

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

    private static let known = Set(TimeZone.knownTimeZoneIdentifiers + ["UTC"])

    static func isKnown(_ name: String) -> Bool { known.contains(name) }
}
