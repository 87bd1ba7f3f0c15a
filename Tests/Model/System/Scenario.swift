import Marketplace

/// A configuration of the model: its users and orders, and how often events with a bound may happen.
struct Scenario: Sendable {
    /// An order that a buyer may create.
    struct PlannedOrder: Sendable {
        /// The buyer's number.
        var buyer = 0
        var quantity = 1
    }

    enum SellerChange: Hashable, Sendable {
        case quantity(Int)
        case price(Int64)
        case withdrawn(Bool)
        case splitRule(SplitRule)
    }

    var name: String
    var about: String
    var plannedOrders = [PlannedOrder()]
    /// True if the planned orders exist from the start, and every service has its copy of them.
    var isOrdered = false
    var offered = 1
    var splitRule: SplitRule?
    /// The values of the clock, counted from the start. In any state, the clock may go on to its next value. At its
    /// last value, everything must be finished.
    var moments: [Duration] = Self.moments(untilNextDay: false)
    /// The number of moments, counted from the start, in which an order may be created.
    var orderingMoments = 1
    var faults = 0
    var repeats = 0
    var checkouts = 1
    var declines = 0
    var badCards = 0
    var lapses = 0
    var byHand = 0
    var bans = 0
    /// The users who may be banned and unbanned: numbers of buyers, or nil for the seller.
    var banned: [Int?] = [0]
    /// The seller's changes. Each may happen once, in any order.
    var changes: [SellerChange] = []
    /// True if Stripe's webhooks are separate messages. Without them, a poll may happen at any moment or never, which
    /// covers late, repeated and lost webhooks.
    var hasWebhooks = false

    /// True if the listings service applies events of orders immediately.
    ///
    /// It emits no events about them, so the moment matters only to its own counts and to the changes that it allows.
    var appliesOrdersAtOnce = true

    /// The start, just before the end of the hold, the end of the hold, after Stripe has closed the page, and, with
    /// `untilNextDay`, after Stripe has forgotten its idempotency keys.
    static func moments(untilNextDay: Bool) -> [Duration] {
        let moments = [Duration.zero, Fixture.hold - .seconds(2), Fixture.hold, .seconds(3 * 3600)]
        return untilNextDay ? moments + [.seconds(30 * 3600)] : moments
    }

    var budget: UInt32 {
        let counts: [(Budget, Int)] = [
            (.faults, faults), (.repeats, repeats), (.checkouts, checkouts), (.declines, declines),
            (.badCards, badCards), (.lapses, lapses), (.byHand, byHand), (.bans, bans),
        ]
        return counts.reduce(0) { $0 + $1.0.one * UInt32($1.1) }
    }

    /// The scenario's bounds, as text.
    var bound: String {
        let counts = [
            (checkouts, "checkout"), (faults, "fault"), (repeats, "repeated event"), (declines, "decline"),
            (badCards, "refused capture"), (lapses, "lapse"), (byHand, "change by hand"), (bans, "ban or unban"),
            (changes.count, "change of the listing"),
        ]
        let words = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
        let orders = "\(plannedOrders.count) order\(plannedOrders.count == 1 ? "" : "s")"
        return ([orders, "\(moments.count) moments"] + words).joined(separator: ", ")
    }
}
