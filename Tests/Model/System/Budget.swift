/// Events that a scenario allows only a few times on one path. Each count takes four bits of a number.
enum Budget: Int, CaseIterable {
    /// A killed worker, a lost response from Stripe, a 500 stored under its key, or a call repeated by a stalled
    /// worker.
    case faults
    /// A repeated delivery of an event that the inbox does not recognize as repeated.
    case repeats
    /// A request for a checkout page.
    case checkouts
    /// A card that is declined on the page, or abandoned during 3-D Secure.
    case declines
    /// A card whose bank refuses the capture.
    case badCards
    /// An authorization that lapses, or is cancelled in Stripe's dashboard.
    case lapses
    /// A page closed, or money captured or refunded, in Stripe's dashboard.
    case byHand
    /// A ban or an unban by an admin.
    case bans

    func count(in budget: UInt32) -> Int { Int(budget >> (4 * UInt32(rawValue)) & 15) }
    var one: UInt32 { 1 << (4 * UInt32(rawValue)) }
}
