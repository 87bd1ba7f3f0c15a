import Foundation
import Marketplace
import Services

/// Structured data of a performance: a schema.org event with its offers (https://schema.org/Event). These are the
/// members that search engines read: https://developers.google.com/search/docs/appearance/structured-data/event.
struct PerformanceStructure: Encodable {
    private var context = "https://schema.org"
    private var type = "Event"
    private var name: String
    private var url: String
    private var startDate: String
    private var doorTime: String?
    private var endDate: String?
    private var eventStatus: String
    private var eventAttendanceMode = "https://schema.org/OfflineEventAttendanceMode"
    private var location: Place
    private var performer: [Performer]?
    private var offers: [Offer]?

    /// Maximum number of currencies.
    private static let priceLimit = 10

    /// - Parameters:
    ///   - prices: the lowest price in each currency, the most useful currency first.
    ///   - url: makes the absolute URL of a path.
    init(_ state: PerformanceState, prices: [LowestPrice], url: (String) -> String) {
        let zone = TimeZones.zone(state.venue.timeZone)
        func local(_ time: Timestamp) -> String {
            time.date.ISO8601Format(.init(timeZone: zone).timeZoneSeparator(.colon))
        }
        let page = url(EventAddress.path(of: state.id))
        name = state.title
        self.url = page
        startDate = local(state.times.startsAt)
        doorTime = state.times.doorsAt.map(local)
        endDate = state.times.endsAt.map(local)
        eventStatus =
            switch state.status {
            case .cancelled: "https://schema.org/EventCancelled"
            case .postponed: "https://schema.org/EventPostponed"
            default: "https://schema.org/EventScheduled"
            }
        location = Place(
            name: state.venue.name,
            address: Address(
                streetAddress: state.venue.address, addressLocality: state.venue.city,
                addressRegion: state.venue.place, addressCountry: state.venue.country))
        performer = state.performers.isEmpty ? nil : state.performers.map { Performer(name: $0) }
        guard state.status == .scheduled else { return }
        offers =
            prices.isEmpty
            ? [Offer(type: "Offer", url: page, availability: "https://schema.org/SoldOut")]
            : prices.prefix(Self.priceLimit).map { price in
                Offer(
                    type: "AggregateOffer", url: page, lowPrice: price.currency.decimal(price.price),
                    priceCurrency: price.currency.rawValue, availability: "https://schema.org/InStock")
            }
    }

    /// The JSON, which ``Pages`` escapes for a script element.
    static func json(_ structures: [PerformanceStructure]) -> String? {
        guard let only = structures.first else { return nil }
        let bytes = structures.count == 1 ? ResponseJSON.encode(only) : ResponseJSON.encode(structures)
        return String(decoding: bytes, as: UTF8.self)
    }

    private enum CodingKeys: String, CodingKey {
        case context = "@context"
        case type = "@type"
        case name, url, startDate, doorTime, endDate, eventStatus, eventAttendanceMode, location, performer, offers
    }

    private struct Place: Encodable {
        var type = "Place"
        var name: String
        var address: Address

        enum CodingKeys: String, CodingKey {
            case type = "@type"
            case name, address
        }
    }

    private struct Address: Encodable {
        var type = "PostalAddress"
        var streetAddress: String?
        var addressLocality: String
        var addressRegion: String?
        var addressCountry: String

        enum CodingKeys: String, CodingKey {
            case type = "@type"
            case streetAddress, addressLocality, addressRegion, addressCountry
        }
    }

    private struct Performer: Encodable {
        var type = "PerformingGroup"
        var name: String

        enum CodingKeys: String, CodingKey {
            case type = "@type"
            case name
        }
    }

    private struct Offer: Encodable {
        var type: String
        var url: String
        var lowPrice: String?
        var priceCurrency: String?
        var availability: String

        enum CodingKeys: String, CodingKey {
            case type = "@type"
            case url, lowPrice, priceCurrency, availability
        }
    }
}
