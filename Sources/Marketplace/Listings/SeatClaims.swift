/// The seats of a batch's listings, and their claims. See ``ListedSeat``.
public struct SeatClaims: Sendable {
    /// The seats of the loaded listings, by unit.
    public private(set) var seats: [ListingID: [ListedSeat]]
    private let before: [ListingID: [ListedSeat]]
    /// The claimed seats of listings that are not loaded, at the places that decisions depend on.
    private let others: [SeatPlace: [ListedSeat]]
    /// The loaded seats that are or were at a place.
    private var seatsAt: [SeatPlace: Set<Position>] = [:]

    /// The index of a seat in ``seats``.
    private struct Position: Hashable {
        let listing: ListingID
        let index: Int
    }

    /// - Parameters:
    ///   - seats: All seats of the batch's seated listings.
    ///   - claims: The claimed seats of other listings. At a place of a new listing, the two highest sales are needed;
    ///     at the place of a loaded seat, its own sale, the ones before and after it, and the highest. Claims of
    ///     loaded listings are ignored.
    public init(seats: [ListedSeat] = [], claims: [ListedSeat] = []) {
        let loaded = Dictionary(grouping: seats, by: \.ticketId).mapValues { $0.sorted { $0.unit < $1.unit } }
        self.seats = loaded
        before = loaded
        others = Dictionary(grouping: Set(claims).filter { loaded[$0.ticketId] == nil }, by: \.place)
        for (listing, seats) in loaded { index(seats, of: listing) }
    }

    private mutating func index(_ seats: [ListedSeat], of listing: ListingID) {
        for (index, seat) in seats.enumerated() {
            seatsAt[seat.place, default: []].insert(Position(listing: listing, index: index))
        }
    }

    /// The units that no order has. Bit i stands for the unit i + 1.
    public func free(of listing: ListingID) -> UInt64 {
        (seats[listing] ?? []).reduce(0) { $1.orders.isEmpty ? $0 | SeatRuns.mask(of: $1.unit) : $0 }
    }

    // MARK: Claims

    /// The claimed seats at a place, without those of one listing.
    private func claims(at place: SeatPlace, exceptOf listing: ListingID) -> [ListedSeat] {
        let loaded = (seatsAt[place] ?? []).compactMap { position -> ListedSeat? in
            guard position.listing != listing, let seat = seats[position.listing]?[position.index] else { return nil }
            return seat.claimed && seat.place == place ? seat : nil
        }
        return loaded + (others[place] ?? []).filter { $0.ticketId != listing }
    }

    /// The seats of a new listing, with the number of their sale. If a seat was sold before, this number is one more
    /// than that of its last sale. Only the buyer of that sale may list the seat, unless the sale is void.
    func offer(_ names: [String], of state: ListingState) throws(Refusal) -> [Seat] {
        var (taken, foreign): ([String], [String]) = ([], [])
        let places = state.places(of: names)
        let offered = names.enumerated().map { index, name -> Seat in
            let last = places.flatMap { places in
                claims(at: places[index], exceptOf: state.id).max { ($0.sale, $0.unit) < ($1.sale, $1.unit) }
            }
            guard let last else { return Seat(name: name, sale: 1) }
            if !last.mayBeListedAgain(by: state.sellerId) {
                if last.holder == nil { taken.append(name) } else { foreign.append(name) }
            }
            return Seat(name: name, sale: last.sale + 1)
        }
        if !taken.isEmpty { throw .seatsTaken(taken) }
        if !foreign.isEmpty { throw .seatsOfOthers(foreign) }
        return offered
    }

    /// The seats that a listing can't claim, because other listings have claimed them. A free seat is taken if another
    /// listing has claimed its sale or a later one, or if the sale before it is no longer void and has another buyer. A
    /// seat with an order is taken only if another listing has claimed the same sale.
    func taken(of state: ListingState) -> [String] {
        guard let performance = state.performanceId else { return [] }
        return (seats[state.id] ?? []).filter { seat in
            let place = SeatPlace(performanceId: performance, key: seat.key)
            return claims(at: place, exceptOf: state.id).contains { claim in
                guard seat.orders.isEmpty else { return claim.sale == seat.sale }
                return claim.sale >= seat.sale
                    || claim.sale == seat.sale - 1 && !claim.mayBeListedAgain(by: state.sellerId)
            }
        }
        .map(\.name)
    }

    /// The sold seats of a listing that someone other than their buyer has listed again while their sale was void.
    func soldToOthers(of listing: ListingID) -> [String] {
        (seats[listing] ?? []).filter { seat in
            guard let holder = seat.holder else { return false }
            return claims(at: seat.place, exceptOf: listing).contains {
                $0.sale == seat.sale + 1 && $0.sellerId != holder
            }
        }
        .map(\.name)
    }

    /// The other listings that claim the sale of one of these units, if the listing itself does not claim it.
    func rivals(of listing: ListingID, units: [Int]) -> [ListingID] {
        let wanted = (seats[listing] ?? []).filter { units.contains($0.unit) && !$0.claimed }
        return Set(wanted.flatMap { seat in rivals(of: seat).map(\.ticketId) }).sorted()
    }

    private func rivals(of seat: ListedSeat) -> [ListedSeat] {
        claims(at: seat.place, exceptOf: seat.ticketId).filter { $0.sale == seat.sale }
    }

    // MARK: Changes

    /// Adds the seats of a new listing.
    mutating func insert(_ state: ListingState) {
        let (sold, places) = (state.seats ?? [], state.places(of: (state.seats ?? []).map(\.name)) ?? [])
        let new = zip(sold, places).enumerated().map { index, seat in
            ListedSeat(
                ticketId: state.id, sellerId: state.sellerId, unit: index + 1, performanceId: seat.1.performanceId,
                key: seat.1.key, name: seat.0.name, sale: seat.0.sale, claimed: !state.withdrawn)
        }
        seats[state.id] = new
        index(new, of: state.id)
    }

    /// Updates the seats after a change of their listing: it went on or off sale, was taken down or put back, or moved
    /// to another performance.
    mutating func follow(_ state: ListingState) {
        guard var own = seats[state.id], let performance = state.performanceId else { return }
        for index in own.indices {
            if own[index].performanceId != performance {
                own[index].performanceId = performance
                seatsAt[own[index].place, default: []].insert(Position(listing: state.id, index: index))
                // Both listings claimed the seat before their performances were merged.
                if own[index].claimed, !rivals(of: own[index]).isEmpty { own[index].claimed = false }
            }
            own[index].isScam = state.takenDown?.reason == .scam
            if !state.withdrawn {
                own[index].claimed = true
            } else if own[index].orders.isEmpty {
                own[index].claimed = false
            }
        }
        seats[state.id] = own
    }

    /// Ends another listing's claims on the seats of these units, because an order for the units is paid.
    mutating func release(_ rival: ListingID, to listing: ListingID, units: [Int]) {
        let wanted = (seats[listing] ?? []).filter { units.contains($0.unit) }
        for index in seats[rival]?.indices ?? 0..<0 {
            guard let seat = seats[rival]?[index] else { continue }
            if wanted.contains(where: { $0.place == seat.place && $0.sale == seat.sale }) {
                seats[rival]?[index].claimed = false
            }
        }
    }

    /// Updates the seats after a change of an order's status. A unit of a paid order is always claimed. If another
    /// listing has claimed the seat since the seats were loaded, the unique index refuses the claim, and the batch runs
    /// again.
    mutating func count(_ order: CountedOrder, isOnSale: Bool) {
        for unit in order.units ?? [] {
            guard let index = seats[order.ticketId]?.firstIndex(where: { $0.unit == unit }),
                var seat = seats[order.ticketId]?[index]
            else { continue }
            if order.status == .cancelled {
                seat.orders.remove(order.orderId)
                if seat.orders.isEmpty { seat.claimed = isOnSale }
            } else {
                seat.orders.insert(order.orderId)
                if order.status == .complete { seat.holder = order.userId }
                if order.status == .refunded { (seat.holder, seat.isRefunded) = (nil, true) }
                seat.claimed = seat.claimed || order.isPaid || rivals(of: seat).isEmpty
            }
            seats[order.ticketId]?[index] = seat
        }
    }

    /// The sales of loaded listings that may be left without a claim. Another listing may have a paid order for such a
    /// sale, but no claim to it: performances were merged, or a listing was withdrawn before its order was counted.
    public var unclaimed: [SeatSale.ID] {
        var ids: Set<SeatSale.ID> = []
        for (id, old) in before {
            guard let new = seats[id], new != old else { continue }
            for (old, new) in zip(old, new) {
                if old.claimed, !new.claimed || new.place != old.place { ids.insert(old.saleID) }
                if !new.claimed, !new.orders.isEmpty { ids.insert(new.saleID) }
            }
        }
        return Array(ids)
    }

    /// The seats to insert, by listing and unit.
    public var inserted: [ListedSeat] {
        seats.keys.filter { before[$0] == nil }.sorted().flatMap { seats[$0] ?? [] }
    }

    /// The seats that have changed, by listing and unit.
    public var updated: [ListedSeat] {
        before.keys.sorted().flatMap { id -> [ListedSeat] in
            guard let old = before[id], let new = seats[id], new != old else { return [] }
            return zip(old, new).compactMap { $0 == $1 ? nil : $1 }
        }
    }
}

extension ListingState {
    /// The places of seats, or nil if the listing lacks a performance, a section or a row.
    func places(of seats: [String]) -> [SeatPlace]? {
        guard let performanceId, let section = details.section, let row = details.row else { return nil }
        return SeatKey.keys(section: section, row: row, names: seats)
            .map { SeatPlace(performanceId: performanceId, key: $0) }
    }
}

extension Refusal {
    static func seatsTaken(_ names: [String]) -> Refusal {
        Refusal(.seatTaken, "\(SeatNames.list(names)) already listed.", field: "seats")
    }

    static func seatsOfOthers(_ names: [String]) -> Refusal {
        Refusal(
            .seatNotYours,
            "\(SeatNames.list(names, verb: ("was", "were"))) sold here. Only the buyer can list "
                + (names.count == 1 ? "it." : "them."), field: "seats")
    }
}
