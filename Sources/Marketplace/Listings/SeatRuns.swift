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

    /// True if the length of every run is in the set's span, so that all free seats can be sold.
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
        // A cut from the start leaves at most one run, and no cut has lower units.
        return run.map { Self.mask(from: $0.start, length: quantity) }
    }

    /// True if the rule allows an order of exactly these seats, which must be free neighbours.
    public func allows(_ seats: UInt64, by set: QuantitySet) -> Bool {
        let wanted = SeatRuns(free: seats).runs
        guard wanted.count == 1, set.contains(wanted[0].length),
            let run = runs.first(where: { Self.mask(from: $0.start, length: $0.length) & seats != 0 })
        else { return false }
        // If a seat is not free, this is negative and so not in the span.
        let before = wanted[0].start - run.start
        return set.spans(before) && set.spans(run.length - before - wanted[0].length)
    }
}
