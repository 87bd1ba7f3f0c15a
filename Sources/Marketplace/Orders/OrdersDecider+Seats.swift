// Checks that an order fits the split rule of its listing. If the listing has seats, also chooses seats that are next
// to each other.
extension OrdersDecider {
    /// Checks that the listing has the units that an order wants, and chooses its seats.
    ///
    /// - Returns: The seats, or nil if the listing has no seats: the order then gets the smallest free units.
    func chooseUnits(for command: CreateOrder, of listing: ListingCopy) throws(Refusal) -> UInt64? {
        guard listing.seats != nil, let set = listing.splitSet else {
            guard command.seats == nil else {
                throw Refusal(.invalid, "This listing has no seats to choose from.", field: "seats")
            }
            guard command.quantity <= listing.left else { throw .onlyLeft(listing.left) }
            if let sellable = listing.sellable, !sellable.contains(command.quantity) { throw .notOffered(sellable) }
            return nil
        }
        let (free, sold) = units.freeSeats(of: listing)
        if let names = command.seats {
            let wanted = try wantedSeats(names, command, of: listing)
            let taken = wanted & (~free.free | sold)
            guard taken == 0 else {
                let names = listing.seatNames(taken) ?? []
                throw Refusal(.soldOut, "\(SeatNames.list(names)) no longer free.", field: "seats")
            }
            guard free.allows(wanted, by: set) else {
                throw Refusal(
                    .quantityNotOffered,
                    SeatRuns(free: wanted).runs.count > 1
                        ? "The seats of an order must be next to each other."
                        : "The seller does not sell these seats separately from the others.",
                    field: "seats", splits: free.sellable(set, without: sold).quantities)
            }
            return wanted
        }
        let left = (free.free & ~sold).nonzeroBitCount
        guard command.quantity <= left else { throw .onlyLeft(left) }
        guard let seats = free.cut(command.quantity, by: set, without: sold) else {
            throw .notOffered(free.sellable(set, without: sold))
        }
        return seats
    }

    private func wantedSeats(
        _ names: [String], _ command: CreateOrder, of listing: ListingCopy
    ) throws(Refusal) -> UInt64 {
        guard names.count == command.quantity, names.count <= Seat.limit else {
            throw Refusal(.invalid, "The quantity must be the number of seats, or be left out.", field: "quantity")
        }
        let units = Dictionary(
            (listing.seats ?? []).enumerated().map { (SeatKey.folded($0.element.name), $0.offset + 1) }
        ) { first, _ in first }
        var wanted: UInt64 = 0
        for name in names {
            guard SeatNames.isName(name), let unit = units[SeatKey.folded(name)] else {
                throw Refusal(.invalid, "This listing does not have all of these seats.", field: "seats")
            }
            wanted |= SeatRuns.mask(of: unit)
        }
        guard wanted.nonzeroBitCount == names.count else {
            throw Refusal(.invalid, "Name each seat once.", field: "seats")
        }
        return wanted
    }
}

extension ListingCopy {
    /// The names of the seats whose bits are set, or nil if the listing has no seats.
    func seatNames(_ mask: UInt64) -> [String]? {
        seats.map { seats in SeatRuns.units(of: mask).filter { $0 <= seats.count }.map { seats[$0 - 1].name } }
    }
}

extension Refusal {
    fileprivate static func onlyLeft(_ left: Int) -> Refusal {
        let message =
            switch left {
            case 0: "No tickets are left."
            case 1: "Only 1 ticket is left."
            default: "Only \(left) tickets are left."
            }
        return Refusal(.soldOut, message, field: "quantity")
    }

    fileprivate static func notOffered(_ sellable: QuantitySet) -> Refusal {
        Refusal(.quantityNotOffered, sellable.offer, field: "quantity", splits: sellable.quantities)
    }
}
