/// A buyer's orders that count towards ``HoldLimits``, with the changes of the batch.
public struct BuyerHolds: Hashable, Sendable {
    /// The number of unpaid orders.
    public var open: Int
    /// The units of each ordered listing, held or paid.
    public var units: [ListingID: Int]
    /// The times of the last lapses, oldest first: at most ``HoldLimits/lapses``.
    public var lapses: [Timestamp]
    /// The time of the last early cancellation that did not count as a lapse.
    public var freeCancellation: Timestamp?

    public init(
        open: Int = 0, units: [ListingID: Int] = [:], lapses: [Timestamp] = [], freeCancellation: Timestamp? = nil
    ) {
        self.open = open
        self.units = units
        self.lapses = lapses
        self.freeCancellation = freeCancellation
    }

    /// Counts a new order.
    mutating func add(_ order: OrderState) {
        open += 1
        units[order.ticketId, default: 0] += order.quantity
    }

    /// Counts an order again after a change of its status.
    mutating func change(from old: OrderState, to new: OrderState, limits: HoldLimits) {
        if old.status == .awaitingPayment, new.status != .awaitingPayment { open -= 1 }
        if new.status.isClosed, !old.status.isClosed, let held = units[old.ticketId] {
            units[old.ticketId] = held - old.quantity
        }
        guard let limit = limits.lapses, new.status.isClosed, !old.status.isClosed else { return }
        if isLapse(new, limits) {
            lapses = (lapses + [new.updatedAt]).suffix(limit)
        } else if new.reason == .cancelledByBuyer {
            freeCancellation = new.updatedAt
        }
    }

    /// True if an ended hold counts as a lapse: it expired, or its buyer cancelled it late or for the second time
    /// within the period. Otherwise a buyer could hold a listing forever by cancelling and ordering again.
    private func isLapse(_ order: OrderState, _ limits: HoldLimits) -> Bool {
        switch order.reason {
        case .expired: true
        case .cancelledByBuyer:
            order.updatedAt - order.createdAt >= HoldLimits.freeCancellation
                || freeCancellation.map { order.updatedAt - $0 < limits.lapsePeriod } ?? false
        default: false
        }
    }

    /// The refusal of one more order, or nil if the limits allow it.
    func refusal(of quantity: Int, of listing: ListingID, limits: HoldLimits, now: Timestamp) -> Refusal? {
        if let limit = limits.lapses, lapses.count >= limit, let last = lapses.last,
            let first = lapses.suffix(limit).first,
            last - first <= limits.lapsePeriod, now < last + limits.lapsePeriod
        {
            let end = last + limits.lapsePeriod
            return Refusal(
                .holdsLapsed,
                "You did not pay for your last \(limit == 1 ? "order" : "\(limit) orders"). "
                    + "You can order again at \(end).", retryAt: end)
        }
        if let limit = limits.openHolds, open >= limit {
            return Refusal(
                .tooManyHolds,
                "You have \(open == 1 ? "1 unpaid order" : "\(open) unpaid orders"), "
                    + "and \(limit == 1 ? "1 is" : "\(limit) are") allowed. Pay for one or cancel it, and order again.")
        }
        let held = units[listing] ?? 0
        if let limit = limits.unitsOfListing, held + quantity > limit {
            return Refusal(
                .tooManyUnits,
                held == 0
                    ? "You can have at most \(limit) tickets of one listing."
                    : "You can have at most \(limit) tickets of one listing, and you have \(held) already.",
                field: "quantity")
        }
        return nil
    }
}
