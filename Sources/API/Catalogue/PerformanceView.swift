import Foundation
import Marketplace
import Services

/// Values of a performance that several pages show.
enum PerformanceView {
    /// Values of the template `performance-row`.
    ///
    /// - Parameters:
    ///   - title: if true, the row names the event. The event's page leaves the title out.
    ///   - prices: the lowest price of the tickets in each currency.
    static func row(
        _ state: PerformanceState, title: Bool, prices: [LowestPrice], now: Timestamp, _ visitor: Visitor
    ) -> View {
        let status = status(state, now: now)
        return [
            "path": EventAddress.path(of: state.id), "title": title ? state.title : nil,
            "iso": state.times.startsAt.description,
            "day": state.status == .postponed ? nil : visitor.venueDay(state.times.startsAt, in: state.venue.timeZone),
            "clock": visitor.venueClock(state.times.startsAt, in: state.venue.timeZone),
            "venue": state.venue.name, "city": state.venue.city,
            "status": status?.short, "tone": status?.tone,
            "from": status == nil ? from(prices, in: state.venue.country, visitor) : nil,
            "none": status == nil && prices.isEmpty,
        ]
    }

    /// The lowest price, in the most useful currency: `€45.00`.
    static func from(_ prices: [LowestPrice], in country: String, _ visitor: Visitor) -> String? {
        sorted(prices, in: country, visitor).first.map { visitor.formattedPrice($0.price, $0.currency) }
    }

    /// The prices in the visitor's currency come first, then the prices in the currency of the venue's country.
    /// Otherwise one offer in a rare currency could come before all others.
    static func sorted(_ prices: [LowestPrice], in country: String, _ visitor: Visitor) -> [LowestPrice] {
        let (own, local) = (visitor.currency, Visitor.currency(ofCountry: country))
        func rank(_ price: LowestPrice) -> Int { price.currency == own ? 0 : price.currency == local ? 1 : 2 }
        // Equal ranks keep their order.
        return (0...2).flatMap { number in prices.filter { rank($0) == number } }
    }

    struct Status: Sendable {
        let short: String
        let text: String
        let tone: String
    }

    /// The reason why nobody can buy tickets, or `nil` if tickets are on sale.
    static func status(_ state: PerformanceState, now: Timestamp) -> Status? {
        switch state.status {
        case .cancelled:
            Status(
                short: "Cancelled", text: "This event is cancelled. Tickets are no longer on sale.", tone: "bad")
        case .postponed:
            Status(
                short: "Postponed",
                text:
                    "This event is postponed, and the new date isn't known yet. "
                    + "Tickets go on sale again when it is known.",
                tone: "wait")
        case .proposed:
            Status(
                short: "Waiting",
                text: "We're checking this event. Until we publish it, only you and our team can see this page.",
                tone: "wait")
        case .rejected:
            Status(short: "Rejected", text: "We didn't publish this event.", tone: "bad")
        case .scheduled, .merged:
            state.times.startsAt <= now
                ? Status(
                    short: "Started", text: "This event has started, so tickets are no longer on sale.", tone: "off")
                : nil
        }
    }

    static func country(_ venue: VenueDetails) -> String {
        Locale(identifier: "en").localizedString(forRegionCode: venue.country) ?? venue.country
    }
}
