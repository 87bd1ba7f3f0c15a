/// The units of a batch: the units of its orders, the free units, and the net effect of allocations and releases.
public struct UnitLedger: Sendable {
    private let before: [OrderID: [Allocation]]
    private var units: [OrderID: [Allocation]]
    private let freeBefore: [ListingID: Set<Int>]
    private var free: [ListingID: FreeUnits]
    private let salesBefore: [SeatSale.ID: SeatSale]
    private var sales: [SeatSale.ID: SeatSale]
    private var seatedOrders: [OrderID: ListingID] = [:]
    private var modifiedOrders: Set<OrderID> = []
    private var modifiedListings: Set<ListingID> = []

    /// - Parameters:
    ///   - allocations: All allocations of the orders that the batch may cancel: at most
    ///     ``OrderState/quantityLimit`` of each.
    ///   - free: The smallest free units of each listing: as many as the batch's commands ask for, or all if there are
    ///     fewer. If an ordered listing has seats, all its free units.
    ///   - sales: The sales of the seats of ordered listings, by any listing, and those of listings that move to
    ///     another performance.
    public init(allocations: [Allocation], free: [ListingID: [Int]], sales: [SeatSale] = []) {
        salesBefore = Dictionary(sales.map { ($0.id, $0) }) { $1 }
        self.sales = salesBefore
        before = Dictionary(grouping: allocations, by: \.orderId)
        units = before
        freeBefore = free.mapValues(Set.init)
        self.free = free.mapValues(FreeUnits.init)
    }

    /// Allocates units to an order: free units first, then new ones.
    mutating func allocate(_ count: Int, of listing: inout ListingCopy, to order: OrderID) {
        modifiedOrders.insert(order)
        modifiedListings.insert(listing.id)
        for _ in 0..<count {
            let unit: Int
            if let smallest = free[listing.id]?.popSmallest() {
                unit = smallest
                listing.freeFrom = unit + 1
            } else {
                unit = listing.nextUnit
                listing.nextUnit += 1
            }
            units[order, default: []].append(Allocation(ticketId: listing.id, unit: unit, orderId: order))
        }
        listing.held += count
    }

    /// Releases all units of an order. Without seats, this costs O(u log n) for u units.
    ///
    /// In a listing without seats, the smallest free unit is always allocated first, so the result does not depend on
    /// how messages are split into batches.
    mutating func release(_ order: OrderID, of listing: inout ListingCopy) {
        let released = units.removeValue(forKey: order) ?? []
        if listing.seats != nil {
            seatedOrders[order] = listing.id
            sales = sales.filter { $0.value.orderId != order }
        }
        modifiedOrders.insert(order)
        modifiedListings.insert(listing.id)
        for allocation in released {
            free[listing.id, default: FreeUnits()].insert(allocation.unit)
            listing.freeFrom = min(listing.freeFrom, allocation.unit)
        }
        listing.held -= released.count
    }

    /// The orders whose allocations must be deleted.
    public var releasedOrders: [OrderID] { modifiedOrders.filter { before[$0] != nil && units[$0] == nil }.sorted() }

    /// The allocations to insert, ordered by key.
    public var insertedAllocations: [Allocation] {
        modifiedOrders.filter { before[$0] == nil }.flatMap { units[$0] ?? [] }
            .sorted { ($0.ticketId, $0.unit) < ($1.ticketId, $1.unit) }
    }

    /// The free units to delete, because they are allocated now.
    public var deletedFreeUnits: [(ticketId: ListingID, unit: Int)] {
        modifiedListings.sorted().flatMap { listing in
            (freeBefore[listing] ?? []).subtracting(free[listing]?.heap ?? []).sorted().map { (listing, $0) }
        }
    }

    /// The free units to insert, because they were released, or belong to a new listing with seats.
    public var insertedFreeUnits: [(ticketId: ListingID, unit: Int)] {
        modifiedListings.sorted().flatMap { listing in
            Set(free[listing]?.heap ?? []).subtracting(freeBefore[listing] ?? []).sorted().map { (listing, $0) }
        }
    }
}

// MARK: - Seats

extension UnitLedger {
    /// Frees the units of a listing with seats that were never allocated to an order, so that orders can be cut from
    /// runs of free seats.
    mutating func openSeats(of listing: inout ListingCopy) {
        guard let count = listing.seats?.count, listing.nextUnit <= count else { return }
        modifiedListings.insert(listing.id)
        listing.freeFrom = min(listing.freeFrom, listing.nextUnit)
        for unit in listing.nextUnit...count { free[listing.id, default: FreeUnits()].insert(unit) }
        listing.nextUnit = count + 1
    }

    /// The free seats of a listing, and the seats that another listing has sold.
    func freeSeats(of listing: ListingCopy) -> (free: SeatRuns, sold: UInt64) {
        let free = SeatRuns.mask(of: free[listing.id]?.heap ?? [])
        var sold: UInt64 = 0
        for (index, id) in (listing.seatSales ?? []).enumerated() {
            if let sale = sales[id], sale.ticketId != listing.id { sold |= SeatRuns.mask(of: index + 1) }
        }
        return (SeatRuns(free: free), sold)
    }

    /// Allocates free seats of a listing to an order.
    mutating func allocate(_ seats: UInt64, of listing: inout ListingCopy, to order: OrderID) {
        modifiedOrders.insert(order)
        modifiedListings.insert(listing.id)
        seatedOrders[order] = listing.id
        let taken = SeatRuns.units(of: seats)
        free[listing.id]?.remove(Set(taken))
        listing.freeFrom = free[listing.id]?.heap.first ?? listing.nextUnit
        let ids = listing.seatSales
        for unit in taken {
            units[order, default: []].append(Allocation(ticketId: listing.id, unit: unit, orderId: order))
            if let id = ids?[unit - 1] {
                sales[id] = SeatSale(id: id, ticketId: listing.id, unit: unit, orderId: order)
            }
        }
        listing.held += taken.count
    }

    /// Moves the sales of a listing to another performance. If a seat was also sold at the new performance, this
    /// listing's sale stays at the old one: both seats were sold before the performances were merged.
    mutating func move(_ listing: ListingID, to performance: PerformanceID) {
        for (id, sale) in sales where sale.ticketId == listing && id.place.performanceId != performance {
            var moved = sale
            moved.id.place.performanceId = performance
            guard sales[moved.id] == nil else { continue }
            sales[id] = nil
            sales[moved.id] = moved
        }
    }

    /// The orders whose sales of seats are to be deleted, with their listings. Their sales need not be loaded.
    public var releasedSales: [(orderId: OrderID, ticketId: ListingID)] {
        releasedOrders.compactMap { order in seatedOrders[order].map { (order, $0) } }
    }

    /// The loaded sales to delete, ordered by key.
    public var deletedSales: [SeatSale] { Self.difference(salesBefore, sales) }

    /// The sales to insert, ordered by key. All transactions insert sales in this order.
    public var insertedSales: [SeatSale] { Self.difference(sales, salesBefore) }

    private static func difference(
        _ sales: [SeatSale.ID: SeatSale], _ others: [SeatSale.ID: SeatSale]
    ) -> [SeatSale] {
        sales.values.filter { others[$0.id] != $0 }
            .sorted {
                ($0.id.place.performanceId, $0.id.place.key, $0.id.sale)
                    < ($1.id.place.performanceId, $1.id.place.key, $1.id.sale)
            }
    }
}
