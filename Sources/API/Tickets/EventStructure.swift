import Foundation
import Marketplace

/// A listing as schema.org describes an event with an offer (https://schema.org/Event; what search engines require of one:
/// https://developers.google.com/search/docs/appearance/structured-data/event).
struct EventStructure: Encodable {
    private var context = "https://schema.org"
    private var type = "Event"
    private var name: String
    private var startDate: String
    private var eventStatus = "https://schema.org/EventScheduled"
    private var eventAttendanceMode = "https://schema.org/OfflineEventAttendanceMode"
    private var location: Place
    private var offers: Offer

    /// Nil for one of which it is not known when or where it is: that is no event to those who read this.
    init?(_ state: TicketState, left: Int, url: String) {
        guard let start = state.details.startsAt, let place = state.details.venue ?? state.details.city else {
            return nil
        }
        name = state.title
        let zone = state.details.timeZone.flatMap(TimeZone.init(identifier:)) ?? .gmt
        startDate = start.date.ISO8601Format(.init(timeZone: zone).timeZoneSeparator(.colon))
        location = Place(name: place, address: state.details.city.map { Address(addressLocality: $0) })
        offers = Offer(
            url: url, price: FormFields.text(ofMinorUnits: state.price, in: state.currency),
            priceCurrency: state.currency.rawValue,
            availability: "https://schema.org/\(left > 0 ? "InStock" : "SoldOut")",
            validFrom: state.createdAt.description)
    }

    /// JSON, which the frame makes fit for a script element.
    var json: String { String(decoding: JSONText.of(self), as: UTF8.self) }

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
