/// The free seats of a row of at most 64. Bit i stands for the unit i + 1; neighbouring bits are neighbouring seats.
public struct SeatRuns: Hashable, Sendable {
    public var free: UInt64

    public init(free: UInt64) { self.free = free }

    /// A row in which all seats are free.
    public init(seats: Int) { free = Self.mask(from: 0, length: seats) }

    /// A maximal stretch of free neighbouring seats. `start` is the first bit.
    public struct Run: Hashable, Sendable {
        public var start: Int
        public var length: Int

        public init(start: Int, length: Int) {
            self.start = start
            self.length = length
        }
    }

    /// The runs, in the order of their units.
    public var runs: [Run] {
        var runs: [Run] = []
        var rest = free
        while rest != 0 {
            let start = rest.trailingZeroBitCount
            let run = Run(start: start, length: (~(rest >> start)).trailingZeroBitCount)
            runs.append(run)
            rest &= ~Self.mask(from: run.start, length: run.length)
        }
        return runs
    }

    /// The mask of `length` neighbouring seats from the bit `start` on.
    public static func mask(from start: Int, length: Int) -> UInt64 {
        length <= 0 ? 0 : (UInt64.max >> UInt64(64 - min(length, 64))) << UInt64(start)
    }

    /// The mask with the bit of one unit. It is empty for a unit beyond 64.
    public static func mask(of unit: Int) -> UInt64 { mask(from: unit - 1, length: 1) }

    public static func mask(of units: some Sequence<Int>) -> UInt64 { units.reduce(0) { $0 | mask(of: $1) } }

    /// The units of a mask, in ascending order.
    public static func units(of seats: UInt64) -> [Int] {
        (1...Seat.limit).filter { seats & mask(of: $0) != 0 }
    }

    /// True if the length of every run is in the set's span. Then all free seats can be sold.
    public func areSpanned(by set: QuantitySet) -> Bool { runs.allSatisfy { set.spans($0.length) } }

    /// The quantities that can be ordered now.
    ///
    /// A quantity that can be cut from the middle of a run can also be cut from its end: the rest is then the sum of
    /// both sides.
    public func sellable(_ set: QuantitySet) -> QuantitySet {
        runs.reduce(QuantitySet(bits: 0)) { QuantitySet(bits: $0.bits | set.sellable(from: $1.length).bits) }
    }

    /// Chooses the seats of an order: in the smallest run that fits, the cut that leaves the fewest runs, and among
    /// such cuts the lowest.
    ///
    /// - Returns: The seats, or nil if the rule does not allow the quantity now.
    public func cut(_ quantity: Int, by set: QuantitySet) -> UInt64? {
        let run = runs.filter { set.sellable(from: $0.length).contains(quantity) }.min { $0.length < $1.length }
        // A cut from the start leaves at most one run, and no other cut has lower units.
        return run.map { Self.mask(from: $0.start, length: quantity) }
    }

    /// The seats of all orders of a quantity that the rule allows, leaving out seats that another listing has sold.
    /// They are sorted by the length of their run, then by the number of runs that they leave, then by their lowest
    /// seat.
    public func cuts(_ quantity: Int, by set: QuantitySet, without sold: UInt64 = 0) -> [UInt64] {
        guard (1...Seat.limit).contains(quantity) else { return [] }
        let windows = (0...(Seat.limit - quantity)).map { Self.mask(from: $0, length: quantity) }
        let found = windows.filter { $0 & free == $0 && $0 & sold == 0 && allows($0, by: set) }
        let ranks = found.map { window -> [Int] in
            let run = runs.first { Self.mask(from: $0.start, length: $0.length) & window != 0 }
            return [run?.length ?? 0, SeatRuns(free: free & ~window).runs.count, window.trailingZeroBitCount]
        }
        return zip(ranks, found).sorted { $0.0.lexicographicallyPrecedes($1.0) }.map(\.1)
    }

    /// Chooses the seats of an order, leaving out seats that another listing has sold.
    public func cut(_ quantity: Int, by set: QuantitySet, without sold: UInt64) -> UInt64? {
        sold & free == 0 ? cut(quantity, by: set) : cuts(quantity, by: set, without: sold).first
    }

    /// The quantities that can be ordered now, leaving out seats that another listing has sold.
    public func sellable(_ set: QuantitySet, without sold: UInt64) -> QuantitySet {
        guard sold & free != 0 else { return sellable(set) }
        return QuantitySet(set.quantities.filter { !cuts($0, by: set, without: sold).isEmpty })
    }

    /// True if the rule allows an order of exactly these seats, which must be free neighbours.
    public func allows(_ seats: UInt64, by set: QuantitySet) -> Bool {
        let wanted = SeatRuns(free: seats).runs
        guard wanted.count == 1, set.contains(wanted[0].length),
            let run = runs.first(where: { Self.mask(from: $0.start, length: $0.length) & seats != 0 })
        else { return false }
        // If a seat is not free, one of the two lengths is negative, and so not in the span.
        let before = wanted[0].start - run.start
        return set.spans(before) && set.spans(run.length - before - wanted[0].length)
    }
}
