@testable import Marketplace

/// Details at their limits, and invalid details with the field that is refused.
enum ShowDetailsCases {
    private static let later = Fixture.now + .seconds(60)

    static let valid: [ShowDetails] =
        [
            ShowDetails(venue: long(120), city: long(80), section: long(40), row: long(20), note: long(500)),
            ShowDetails(venue: "é", city: "日本", section: "🎟️", row: "𝄞", note: "a\n\nb\n"),
        ]
        + ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1", "EST5EDT"].map {
            ShowDetails(startsAt: later, timeZone: $0)
        }

    static let invalid: [(ShowDetails, String)] =
        [
            (ShowDetails(venue: long(121)), "venue"), (ShowDetails(city: long(81)), "city"),
            (ShowDetails(section: long(41)), "section"), (ShowDetails(row: long(21)), "row"),
            (ShowDetails(note: long(501)), "note"), (ShowDetails(venue: ""), "venue"),
            (ShowDetails(city: " \u{a0}"), "city"), (ShowDetails(venue: "a\nb"), "venue"),
            (ShowDetails(row: "a\u{2028}b"), "row"), (ShowDetails(section: "\u{0}"), "section"),
            (ShowDetails(note: "a\r\nb"), "note"), (ShowDetails(note: "a\tb"), "note"),
            (ShowDetails(note: "\n\n"), "note"), (ShowDetails(startsAt: later), "timeZone"),
            (ShowDetails(timeZone: "UTC"), "startsAt"),
        ]
        + [
            "", " ", "Europe/", "/Berlin", "Europe//Berlin", "Europe/Berlin ", "../../etc/passwd", "+02:00",
            "Europe.Berlin",
            "Éurope/Berlin", long(65), "a/b/c/d/e",
        ].map { (ShowDetails(startsAt: later, timeZone: $0), "timeZone") }

    private static func long(_ length: Int) -> String { String(repeating: "x", count: length) }
}
