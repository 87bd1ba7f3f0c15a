/// What may happen only so often on the way: four bits of a number each.
enum Budget: Int, CaseIterable {
    /// A worker killed, an answer of Stripe's lost, a 500 that is kept under its key, a call sent again by a worker
    /// that was held.
    case faults
    /// An event that was taken in comes once more, and no inbox remembers it.
    case repeats
    /// Someone asks for a page to pay at.
    case checkouts
    /// A card is declined on the page, or asks for 3-D Secure and is left there.
    case declines
    /// A card pays whose bank refuses the capture.
    case badCards
    /// An authorisation ends by itself, or is cancelled in Stripe's dashboard.
    case lapses
    /// A page is closed, or money captured or refunded, in Stripe's dashboard.
    case byHand
    /// An admin bans or unbans someone.
    case bans

    static let most = 15

    func count(in budget: UInt32) -> Int { Int(budget >> (4 * UInt32(rawValue)) & 15) }
    var one: UInt32 { 1 << (4 * UInt32(rawValue)) }
}
