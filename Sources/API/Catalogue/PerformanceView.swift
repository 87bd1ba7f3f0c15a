import Foundation
import Marketplace
import Services

/// Values of a performance that several pages show.
enum PerformanceView {
    /// Rows of a list of dates.
    ///
    /// - Parameters:
    ///   - toSell: if true, a row names the event, shows no price and leads to the form for tickets of the date.
    ///     Otherwise it leaves out the title, because the event's page has it.
    ///   - prices: returns the lowest price of the tickets of a date in each currency.
    static func rows(
        _ states: [PerformanceState], toSell: Bool = false, now: Timestamp, _ visitor: Visitor,
        prices: (PerformanceState) -> [LowestPrice] = { _ in [] }
    ) -> HTML {
        let rows = states.map { state in
            let path =
                toSell
                ? "/sell" + URLEncoding.query([("performance", "\(state.id)")]) : EventAddress.path(of: state.id)
            let (title, place) =
                toSell
                ? (state.title, "\(state.venue.name), \(state.venue.city)") : (state.venue.city, state.venue.name)
            let price = toSell ? nil : price(prices(state), in: state.venue.country, visitor)
            return """
                <li class="date">
                <p class="date-when">\(when(state, visitor))</p>
                <div class="date-where"><h3><a href="\(path)">\(title)</a></h3><p class="soft">\(place)</p></div>
                <p class="date-price">\(status(state, now: now).map(badge) ?? price)</p>
                </li>

                """ as HTML
        }
        return "\(rows)"
    }

    private static func when(_ state: PerformanceState, _ visitor: Visitor) -> HTML {
        let (time, zone) = (state.times.startsAt, state.venue.timeZone)
        guard state.status != .postponed else { return "<b>Date not known</b>" }
        return """
            <time datetime="\(time.description)"><b>\(visitor.venueDay(time, in: zone))</b> \
            <span class="soft">\(visitor.venueClock(time, in: zone))</span></time>
            """
    }

    private static func badge(_ status: Status) -> HTML {
        "<span class=\"badge \(status.tone)\">\(status.short)</span>"
    }

    private static func price(_ prices: [LowestPrice], in country: String, _ visitor: Visitor) -> HTML {
        from(prices, in: country, visitor).map {
            "<span class=\"soft\">from</span> <strong class=\"number\">\($0)</strong>"
        } ?? "<span class=\"soft\">No tickets yet</span>"
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
