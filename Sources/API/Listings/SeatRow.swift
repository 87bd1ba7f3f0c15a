import Marketplace

/// Shows the seats of a listing on pages: as a row, and as a field in which a buyer chooses seats.
enum SeatRow {
    /// Values of the template `seats`, or nil if the listing has no seats.
    ///
    /// - Parameter free: The units that can be ordered, as bits.
    static func view(_ names: [String]?, free: UInt64) -> View? {
        guard let names else { return nil }
        return [
            "list": SeatText.list(names),
            "seats": names.enumerated().map { index, name -> View in
                ["name": name, "taken": free & SeatRuns.mask(of: index + 1) == 0]
            },
        ]
    }

    /// The choices of a buyer: any seats, or certain seats of one run that the split rule lets the buyer order now.
    ///
    /// - Parameter most: Maximum number of tickets that the buyer may get.
    static func choices(_ availability: ListingAvailability, upTo most: Int) -> [Field.Choice]? {
        guard let free = availability.free, let names = availability.seats, let set = availability.splitSet else {
            return nil
        }
        let runs = SeatRuns(free: free)
        var choices = [Field.Choice(value: "", text: "Any, next to each other")]
        for quantity in runs.sellable(set).upTo(most).quantities {
            let cuts = runs.cuts(quantity, by: set).sorted { $0.trailingZeroBitCount < $1.trailingZeroBitCount }
            for cut in cuts.prefix(limit - choices.count) {
                let seats = SeatRuns.units(of: cut).filter { $0 <= names.count }.map { names[$0 - 1] }
                let count = quantity == 1 ? "1 ticket" : "\(quantity) tickets"
                choices.append(Field.Choice(value: SeatText.typed(seats), text: "\(SeatText.list(seats)) (\(count))"))
            }
        }
        return choices
    }

    /// Maximum number of choices. Choices of few tickets come first, so they are kept.
    private static let limit = 200
}
