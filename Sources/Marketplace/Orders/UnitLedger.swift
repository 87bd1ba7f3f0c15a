/// Which units the batch's orders have, which are free, and the net effect of what was handed out and came back.
public struct UnitLedger: Sendable {
    private let before: [OrderID: [Allocation]]
    private var units: [OrderID: [Allocation]]
    private let freeBefore: [TicketID: Set<Int>]
    /// Free units, smallest last.
    private var free: [TicketID: [Int]]
    private var touchedOrders: Set<OrderID> = []
    private var touchedTickets: Set<TicketID> = []

    /// - Parameters:
    ///   - allocations: all those of the orders that the batch may cancel.
    ///   - free: the smallest free units of the batch's tickets, as many as its commands ask for, or all there are.
    public init(allocations: [Allocation], free: [TicketID: [Int]]) {
        before = Dictionary(grouping: allocations, by: \.orderId)
        units = before
        freeBefore = free.mapValues(Set.init)
        self.free = free.mapValues { $0.sorted(by: >) }
    }

    /// Gives an order its units: first those that came back, then new ones.
    mutating func hand(_ count: Int, of offer: inout TicketOffer, to order: OrderID) {
        touchedOrders.insert(order)
        touchedTickets.insert(offer.id)
        for _ in 0..<count {
            let unit: Int
            if let returned = free[offer.id]?.popLast() {
                unit = returned
                offer.freeFrom = unit + 1
            } else {
                unit = offer.nextUnit
                offer.nextUnit += 1
            }
            units[order, default: []].append(Allocation(ticketId: offer.id, unit: unit, orderId: order))
        }
        offer.held += count
    }

    /// Takes back what an order has. Whatever the order in which units come back, the smallest is handed out first: how
    /// messages are cut into batches makes no difference.
    mutating func takeBack(from order: OrderID, _ offer: inout TicketOffer) {
        let returned = units.removeValue(forKey: order) ?? []
        touchedOrders.insert(order)
        touchedTickets.insert(offer.id)
        free[offer.id, default: []].append(contentsOf: returned.map(\.unit))
        free[offer.id]?.sort(by: >)
        offer.freeFrom = min(offer.freeFrom, returned.map(\.unit).min() ?? offer.freeFrom)
        offer.held -= returned.count
    }

    /// Allocations to delete: those of orders that gave theirs back.
    public var removed: [OrderID] { touchedOrders.filter { before[$0] != nil && units[$0] == nil }.sorted() }

    /// Allocations to insert, by key.
    public var added: [Allocation] {
        touchedOrders.filter { before[$0] == nil }.flatMap { units[$0] ?? [] }
            .sorted { ($0.ticketId, $0.unit) < ($1.ticketId, $1.unit) }
    }

    /// Free units to delete: handed out.
    public var taken: [(ticketId: TicketID, unit: Int)] {
        touchedTickets.sorted().flatMap { ticket in
            (freeBefore[ticket] ?? []).subtracting(free[ticket] ?? []).sorted().map { (ticket, $0) }
        }
    }

    /// Free units to insert: come back.
    public var returned: [(ticketId: TicketID, unit: Int)] {
        touchedTickets.sorted().flatMap { ticket in
            Set(free[ticket] ?? []).subtracting(freeBefore[ticket] ?? []).sorted().map { (ticket, $0) }
        }
    }
}
