@testable import Marketplace

extension InMemoryListings {
    /// Checks the invariants of seats that hold after every batch. The unique index ensures the first of them: each
    /// sale of a seat has at most one claim.
    func checkSeats() throws {
        var claims: [SeatSale.ID: ListingID] = [:]
        for seat in seats.values.joined() where seat.claimed {
            try claims.insert(seat.ticketId, for: SeatSale.ID(place: seat.place, sale: seat.sale))
        }
        for listing in listings.values {
            let (state, own) = (listing.state, seats[listing.state.id] ?? [])
            try ensure(own.count == state.seats?.count ?? 0, "the seats of \(listing)")
            guard !own.isEmpty else { continue }
            try ensure(own.map(\.unit) == Array(1...own.count), "the units of \(own)")
            try ensure(own.map { Seat(name: $0.name, sale: $0.sale) } == state.seats, "other seats than \(state)")
            try ensure(own.allSatisfy { $0.performanceId == state.performanceId }, "not moved: \(own)")
            let free = SeatRuns.mask(of: own.filter(\.orders.isEmpty).map(\.unit))
            try ensure(listing.free == free, "free of \(listing)")
            for seat in own {
                try ensure(seat.claimed || state.withdrawn, "on sale without a claim: \(seat)")
                try ensure(!seat.claimed || !state.withdrawn || !seat.orders.isEmpty, "needless claim: \(seat)")
            }
        }
    }
}
