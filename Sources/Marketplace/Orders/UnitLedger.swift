/// The units of a batch: the units of its orders, the free units, and the net effect of allocations and releases.
public struct UnitLedger: Sendable {
    private let before: [OrderID: [Allocation]]
    private var units: [OrderID: [Allocation]]
    private let freeBefore: [ListingID: Set<Int>]
    private var free: [ListingID: FreeUnits]
    private var modifiedOrders: Set<OrderID> = []
    private var modifiedListings: Set<ListingID> = []

    /// - Parameters:
    ///   - allocations: All allocations of the orders that the batch may cancel: at most
    ///     ``OrderState/quantityLimit`` of each.
    ///   - free: The smallest free units of each listing: as many as the batch's commands request, or all of them.
    public init(allocations: [Allocation], free: [ListingID: [Int]]) {
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

    /// Releases all units of an order. This costs O(u log n) for u units.
    ///
    /// The smallest free unit is always allocated first, so the result does not depend on how messages are split into
    /// batches.
    mutating func release(_ order: OrderID, of listing: inout ListingCopy) {
        let released = units.removeValue(forKey: order) ?? []
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

    /// The free units to insert, because they were released.
    public var insertedFreeUnits: [(ticketId: ListingID, unit: Int)] {
        modifiedListings.sorted().flatMap { listing in
            Set(free[listing]?.heap ?? []).subtracting(freeBefore[listing] ?? []).sorted().map { (listing, $0) }
        }
    }
}
