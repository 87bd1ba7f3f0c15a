import Foundation
import HTTPTypes
import Hummingbird
import Marketplace

/// How someone reads numbers and times: pages are written in English, in the conventions of the visitor's region, and
/// their own times in the visitor's time zone.
struct Visitor: Hashable, Sendable {
    /// `en_DE`.
    let locale: String
    /// IANA's name. Nil until the script has told it, by a cookie: then times are in UTC, and say so.
    let zone: String?

    static let zoneCookie = "tz"

    init(locale: String = "en_001", zone: String? = nil) {
        self.locale = locale
        self.zone = zone
    }

    init(_ request: Request) {
        locale = request.headers[.acceptLanguage].map(Self.locale) ?? "en_001"
        zone = request.cookies[Self.zoneCookie].flatMap { Self.zone($0.value) }
    }

    // Browsers say few things about themselves, and each takes as long to understand as a page to send.
    private static let locales = Kept<String, Never?, String>(limit: 512)
    private static let zones = Kept<String, Never?, String?>(limit: 512)

    private static func locale(_ acceptLanguage: String) -> String {
        locales.product(acceptLanguage.utf8.count <= 100 ? acceptLanguage : nil) {
            region(acceptLanguage).map { "en_\($0)" } ?? "en_001"
        }
    }

    private static func zone(_ cookie: String) -> String? {
        zones.product(cookie.utf8.count <= 100 ? cookie : nil) {
            let name = cookie.replacing("%2F", with: "/")
            return Zones.isKnown(name) ? name : nil
        }
    }

    /// `DE` of `de-AT;q=0.3, de;q=0.9`: the region of the first language that names one, or that is spoken in one above
    /// all.
    static func region(_ acceptLanguage: String) -> String? {
        for range in acceptLanguage.prefix(100).split(separator: ",").prefix(5) {
            let tag = range.split(separator: ";").first.map { String($0).trimmed } ?? ""
            guard (2...20).contains(tag.utf8.count), tag.utf8.allSatisfy({ $0 < 0x80 }) else { continue }
            let language = Locale.Language(identifier: tag.replacing("-", with: "_"))
            let likely = Locale.Language(identifier: language.maximalIdentifier)
            if let region = language.region ?? likely.region, Self.regions.contains(region.identifier) {
                return region.identifier
            }
        }
        return nil
    }

    private static let regions = Set(Locale.Region.isoRegions.map(\.identifier))

    // MARK: What was written before

    private enum Written: Hashable {
        case money(Int64, Currency)
        case number(Int)
        case time(Timestamp, zone: String?, isNamed: Bool)
    }

    private struct WrittenKey: Hashable {
        let what: Written
        let locale: String
    }

    /// Pages show the same prices, numbers and times again and again, and ICU takes some microseconds for each.
    private static let written = Kept<WrittenKey, Never?, String>(limit: 4096)

    private func written(_ what: Written, _ write: () -> String) -> String {
        Self.written.product(WrittenKey(what: what, locale: locale), write)
    }

    // MARK: Money

    /// `65,00 €`
    func money(_ minorUnits: Int64, _ currency: Currency) -> String {
        written(.money(minorUnits, currency)) {
            let amount = Decimal(minorUnits) / Self.scale(currency)
            return amount.formatted(.currency(code: currency.rawValue).locale(Locale(identifier: locale)))
        }
    }

    private static func scale(_ currency: Currency) -> Decimal {
        (0..<currency.minorDigits).reduce(1) { scale, _ in scale * 10 }
    }

    func number(_ value: Int) -> String {
        written(.number(value)) { value.formatted(.number.locale(Locale(identifier: locale))) }
    }

    // MARK: Times

    /// A time of the marketplace (of an order, of a session) in the visitor's zone, for the template `{{>time}}`.
    func moment(_ time: Timestamp) -> View {
        [
            "iso": time.description, "local": zone == nil,
            "text": text(time, in: zone, isNamed: zone == nil),
        ]
    }

    /// A time at a place, as the clocks there show it: `Tue, 1 Dec 2026, 20:00 CET`.
    func event(_ time: Timestamp, in zone: String?) -> View {
        ["iso": time.description, "local": false, "text": eventText(time, in: zone)]
    }

    func eventText(_ time: Timestamp, in zone: String?) -> String {
        text(time, in: zone, isNamed: true)
    }

    private func text(_ time: Timestamp, in zone: String?, isNamed: Bool) -> String {
        written(.time(time, zone: zone, isNamed: isNamed)) {
            let style = style(in: zone.flatMap(TimeZone.init(identifier:)) ?? .gmt)
                .weekday(.abbreviated).day().month(.abbreviated).year().hour().minute()
            return time.date.formatted(isNamed ? style.timeZone() : style)
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
