@testable import Marketplace

extension InMemoryOrders {
    /// Checks the invariants of listings with seats.
    func checkSeats() throws {
        var sold: Set<Unit> = []
        for sale in sales.values {
            let unit = Unit(ticketId: sale.ticketId, number: sale.unit)
            try ensure(allocations[unit] == sale.orderId, "a sale without its unit: \(sale)")
            sold.insert(unit)
        }
        for (unit, _) in allocations where listings[unit.ticketId]?.seats != nil {
            try ensure(sold.contains(unit), "an allocated seat without a sale: \(unit)")
        }
        for order in orders.values {
            guard let seats = listings[order.ticketId]?.seats else { continue }
            let units = order.units ?? []
            try ensure(order.seats == units.map { seats[$0 - 1].name }, "the seats of \(order)")
            try ensure(units.count == order.quantity, "the units of \(order)")
            try ensure(SeatRuns(free: SeatRuns.mask(of: units)).runs.count == 1, "not together: \(order)")
            let allocated = allocations.filter { $0.value == order.id }.map(\.key.number).sorted()
            try ensure(order.status == .cancelled || allocated == units, "other units than those of \(order)")
        }
        for listing in listings.values {
            guard let seats = listing.seats, let set = listing.splitSet else { continue }
            let units = free.filter { $0.ticketId == listing.id }.map(\.number)
            try ensure(listing.nextUnit == seats.count + 1, "closed seats of \(listing)")
            try ensure(listing.freeFrom <= units.min() ?? .max, "the first free unit of \(listing)")
            let free = SeatRuns(free: SeatRuns.mask(of: units))
            try ensure(free.areSpanned(by: set), "\(free.runs) can't all be sold in orders of \(set.text)")
        }
    }
}
