/// One state of the whole world: a number for each part of it, from the tables of ``World``. Two states are equal
/// exactly when all their parts are, so what has been visited is known for sure and not by a digest.
typealias WorldState = SIMD16<UInt32>

/// The parts of a state. A part that each order has is its first, and the second order's is next to it.
enum Part {
    static let clock = 0
    static let budget = 1
    /// Which orders were asked for, and which of the seller's changes were made: a bit each.
    static let asked = 2
    static let users = 3
    static let tickets = 4
    static let orders = 5
    static let toTickets = 6
    static let toOrders = 7
    static let file = 8
    static let toFile = 10
    static let stripe = 12
    static let jobs = 14
}
