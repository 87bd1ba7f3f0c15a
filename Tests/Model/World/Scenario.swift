/// One world to explore: who is in it, and how often what can't go on for ever may happen.
struct Scenario: Sendable {
    /// An order that someone may ask for.
    struct Wish: Sendable {
        /// The number of the buyer.
        var buyer = 0
        var quantity = 1
    }

    enum SellerChange: Hashable, Sendable {
        case quantity(Int)
        case price(Int64)
        case withdrawn(Bool)
    }

    var name: String
    var about: String
    var wishes = [Wish()]
    /// Whether the wishes are orders already, known everywhere, when it begins.
    var isOrdered = false
    var offered = 1
    /// The moments that time stops at, from the start; each may be entered at any instant. At the last all must have
    /// come to its end.
    var moments: [Duration] = Self.moments(untilNextDay: false)
    /// At how many of the first moments an order may be asked for.
    var ordering = 1
    var faults = 0
    var repeats = 0
    var checkouts = 1
    var declines = 0
    var badCards = 0
    var lapses = 0
    var byHand = 0
    var bans = 0
    /// Who may be banned and unbanned: numbers of buyers, or nil for the seller.
    var banned: [Int?] = [0]
    /// Each may be made once, in any order.
    var changes: [SellerChange] = []
    /// Whether Stripe's webhooks travel as messages of their own. Without them a look may come at any instant or not
    /// at all, which is what a webhook that is late, repeated or lost comes to.
    var hasWebhooks = false

    /// Whether tickets hears of orders at once. It tells nobody anything of them, so that when it does makes a
    /// difference to its own counts alone, and to what the seller may change.
    var isTicketsPrompt = true

    /// Just before the hold is over, when it is, and when the page has closed by itself; then when Stripe has forgotten
    /// its idempotency keys.
    static func moments(untilNextDay: Bool) -> [Duration] {
        let moments = [Duration.zero, Cast.hold - .seconds(2), Cast.hold, .seconds(3 * 3600)]
        return untilNextDay ? moments + [.seconds(30 * 3600)] : moments
    }

    var budget: UInt32 {
        let counts: [(Budget, Int)] = [
            (.faults, faults), (.repeats, repeats), (.checkouts, checkouts), (.declines, declines),
            (.badCards, badCards), (.lapses, lapses), (.byHand, byHand), (.bans, bans),
        ]
        return counts.reduce(0) { $0 + $1.0.one * UInt32($1.1) }
    }

    /// What bounds it, in words.
    var bound: String {
        let counts = [
            (checkouts, "checkout"), (faults, "fault"), (repeats, "repeated event"), (declines, "decline"),
            (badCards, "refused capture"), (lapses, "lapse"), (byHand, "change by hand"), (bans, "ban or unban"),
            (changes.count, "change of the listing"),
        ]
        let words = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
        return (["\(wishes.count) order\(wishes.count == 1 ? "" : "s")", "\(moments.count) moments"] + words)
            .joined(separator: ", ")
    }
}
