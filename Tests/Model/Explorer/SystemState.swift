/// A state of the system: one number for each part, from the tables of ``SystemModel``.
///
/// Two states are equal exactly if all parts are equal, so visited states are compared exactly, and not by a digest.
typealias SystemState = SIMD16<UInt32>

/// The indices of the parts. For a part that exists for each order, this is the index of the first order's part; the
/// second order's part is next to it.
enum Part {
    static let clock = 0
    static let budget = 1
    /// A bit for each requested order and for each change of the seller.
    static let requested = 2
    static let users = 3
    static let listings = 4
    static let orders = 5
    static let toListings = 6
    static let toOrders = 7
    static let payments = 8
    static let toPayments = 10
    static let stripe = 12
    static let jobs = 14
}
