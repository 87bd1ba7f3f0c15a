import Foundation
import Marketplace

/// Structured data of a listing: a schema.org event with an offer (https://schema.org/Event). These are the members
/// that search engines read: https://developers.google.com/search/docs/appearance/structured-data/event.
struct ShowStructure: Encodable {
    private var context = "https://schema.org"
    private var type = "Event"
    private var name: String
    private var startDate: String
    private var eventStatus = "https://schema.org/EventScheduled"
    private var eventAttendanceMode = "https://schema.org/OfflineEventAttendanceMode"
    private var location: Place
    private var offers: Offer

    /// `nil` if the start or the place is unknown, because search engines require both.
    init?(_ state: ListingState, left: Int, url: String) {
        guard let start = state.details.startsAt, let place = state.details.venue ?? state.details.city else {
            return nil
        }
        name = state.title
        let zone = state.details.timeZone.flatMap(TimeZone.init(identifier:)) ?? .gmt
        startDate = start.date.ISO8601Format(.init(timeZone: zone).timeZoneSeparator(.colon))
        location = Place(name: place, address: state.details.city.map { Address(addressLocality: $0) })
        offers = Offer(
            url: url, price: state.currency.decimal(state.allIn),
            priceCurrency: state.currency.rawValue,
            availability: "https://schema.org/\(left > 0 ? "InStock" : "SoldOut")",
            validFrom: state.createdAt.description)
    }

    /// The JSON, which ``Pages`` escapes for a script element.
    var json: String { String(decoding: ResponseJSON.encode(self), as: UTF8.self) }

    private enum CodingKeys: String, CodingKey {
        case context = "@context"
        case type = "@type"
        case name, startDate, eventStatus, eventAttendanceMode, location, offers
    }

    private struct Place: Encodable {
        var type = "Place"
        var name: String
        var address: Address?

        enum CodingKeys: String, CodingKey {
            case type = "@type"
            case name, address
        }
    }

    private struct Address: Encodable {
        var type = "PostalAddress"
        var addressLocality: String

        enum CodingKeys: String, CodingKey {
            case type = "@type"
            case addressLocality
        }
    }

    private struct Offer: Encodable {
        var type = "Offer"
        var url: String
        var price: String
        var priceCurrency: String
        var availability: String
        var validFrom: String

        enum CodingKeys: String, CodingKey {
            case type = "@type"
            case url, price, priceCurrency, availability, validFrom
        }
    }
}
