import Foundation
import Marketplace

extension Visitor {
    /// Values of the template `time`: a time in the visitor's zone, for example when an order was made.
    func localTime(_ time: Timestamp) -> View {
        [
            "iso": time.description, "local": zone == nil,
            "text": text(time, in: zone, namesZone: zone == nil),
        ]
    }

    /// A time in the visitor's zone, or in UTC if it is not known, as text.
    func timeText(_ time: Timestamp) -> String { text(time, in: zone, namesZone: true) }

    /// Values of the template `time`: a time in the venue's zone, such as `Tue, 1 Dec 2026, 20:00 CET`.
    func venueTime(_ time: Timestamp, in zone: String?) -> View {
        ["iso": time.description, "local": false, "text": venueTimeText(time, in: zone)]
    }

    func venueTimeText(_ time: Timestamp, in zone: String?) -> String {
        text(time, in: zone, namesZone: true)
    }

    /// The day at the venue: `Tue, 1 Dec 2026`.
    func venueDay(_ time: Timestamp, in zone: String?) -> String {
        formatted(.day(time, zone: zone)) {
            let style = style(in: zone.flatMap(TimeZone.init(identifier:)) ?? .gmt)
            return time.date.formatted(style.weekday(.abbreviated).day().month(.abbreviated).year())
        }
    }

    /// The time of day at the venue: `20:00`.
    func venueClock(_ time: Timestamp, in zone: String?) -> String {
        formatted(.clock(time, zone: zone)) {
            time.date.formatted(style(in: zone.flatMap(TimeZone.init(identifier:)) ?? .gmt).hour().minute())
        }
    }

    private func text(_ time: Timestamp, in zone: String?, namesZone: Bool) -> String {
        formatted(.time(time, zone: zone, namesZone: namesZone)) {
            let style = style(in: zone.flatMap(TimeZone.init(identifier:)) ?? .gmt)
                .weekday(.abbreviated).day().month(.abbreviated).year().hour().minute()
            return time.date.formatted(namesZone ? style.timeZone() : style)
        }
    }

    private func style(in zone: TimeZone) -> Date.FormatStyle {
        var style = Date.FormatStyle(locale: Locale(identifier: locale), calendar: Self.calendar)
        style.timeZone = zone
        return style
    }

    private static let calendar = Calendar(identifier: .gregorian)
}

extension Timestamp {
    var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
