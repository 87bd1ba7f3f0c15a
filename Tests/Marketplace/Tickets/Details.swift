@testable import Marketplace

/// Details at their limits, and beyond them with the field that is wrong.
enum Details {
    private static let later = Sample.now + .seconds(60)

    static let right: [EventDetails] =
        [
            EventDetails(venue: long(120), city: long(80), section: long(40), row: long(20), note: long(500)),
            EventDetails(venue: "é", city: "日本", section: "🎟️", row: "𝄞", note: "a\n\nb\n"),
        ]
        + ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1", "EST5EDT"].map {
            EventDetails(startsAt: later, timeZone: $0)
        }

    static let wrong: [(EventDetails, String)] =
        [
            (EventDetails(venue: long(121)), "venue"), (EventDetails(city: long(81)), "city"),
            (EventDetails(section: long(41)), "section"), (EventDetails(row: long(21)), "row"),
            (EventDetails(note: long(501)), "note"), (EventDetails(venue: ""), "venue"),
            (EventDetails(city: " \u{a0}"), "city"), (EventDetails(venue: "a\nb"), "venue"),
            (EventDetails(row: "a\u{2028}b"), "row"), (EventDetails(section: "\u{0}"), "section"),
            (EventDetails(note: "a\r\nb"), "note"), (EventDetails(note: "a\tb"), "note"),
            (EventDetails(note: "\n\n"), "note"), (EventDetails(startsAt: later), "timeZone"),
            (EventDetails(timeZone: "UTC"), "startsAt"),
        ]
        + [
            "", " ", "Europe/", "/Berlin", "Europe//Berlin", "Europe/Berlin ", "../../etc/passwd", "+02:00",
            "Europe.Berlin",
            "Éurope/Berlin", long(65), "a/b/c/d/e",
        ].map { (EventDetails(startsAt: later, timeZone: $0), "timeZone") }

    private static func long(_ length: Int) -> String { String(repeating: "x", count: length) }
}
