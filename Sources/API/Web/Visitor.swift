import Foundation
import HTTPTypes
import Hummingbird
import Marketplace
import Services

/// The formats of prices, numbers and times for a visitor.
///
/// Pages are in English, with the number and date formats of the visitor's region. Times are in the visitor's time
/// zone, except the times of events, which are in the venue's.
struct Visitor: Hashable, Sendable {
    /// English with the visitor's region, such as `en_DE`.
    let locale: String
    /// IANA name of the time zone, from the cookie that the script sets. `nil` if the cookie is missing or its zone is
    /// not known. Times are then in UTC, and the page shows the zone.
    let zone: String?

    static let zoneCookie = "tz"

    init(locale: String = "en_001", zone: String? = nil) {
        self.locale = locale
        self.zone = zone
    }

    init(_ request: Request) {
        locale = request.headers[.acceptLanguage].map(Self.locale) ?? "en_001"
        zone = request.cookie(Self.zoneCookie).flatMap(Self.zone)
    }

    // Cached, because clients send few different values, and parsing one takes as long as sending a page.
    private static let locales = MemoCache<String, Never?, String>(limit: 512)
    private static let zones = MemoCache<String, Never?, String?>(limit: 512)

    private static func locale(_ acceptLanguage: String) -> String {
        locales.product(acceptLanguage.utf8.count <= 100 ? acceptLanguage : nil) {
            region(acceptLanguage).map { "en_\($0)" } ?? "en_001"
        }
    }

    private static func zone(_ cookie: String) -> String? {
        zones.product(cookie.utf8.count <= 100 ? cookie : nil) {
            let name = cookie.replacing("%2F", with: "/")
            return TimeZones.isKnown(name) ? name : nil
        }
    }

    /// The region of the first language in `Accept-Language` that has a region, either in its tag (`de-AT`: `AT`) or as
    /// the most likely region of the language (`de`: `DE`).
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

    // MARK: Formatted values

    enum Value: Hashable {
        case number(Int)
        case time(Timestamp, zone: String?, namesZone: Bool)
        case day(Timestamp, zone: String?)
        case clock(Timestamp, zone: String?)
    }

    private struct FormattedKey: Hashable {
        let value: Value
        let locale: String
    }

    /// Cached, because pages repeat the same numbers and times, and ICU takes some microseconds for each.
    private static let formatted = MemoCache<FormattedKey, Never?, String>(limit: 4096)

    /// Formats a value, or returns the cached text.
    func formatted(_ value: Value, _ format: () -> String) -> String {
        Self.formatted.product(FormattedKey(value: value, locale: locale), format)
    }
}
