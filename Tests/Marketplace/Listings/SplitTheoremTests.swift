import Testing

@testable import Marketplace

/// The theorem of split rules: if a listing can be sold completely at first, all free units can be sold completely
/// after every sequence of holds, expiries and cancellations. See ``QuantitySet``.
@Suite struct SplitTheoremTests {
    /// A row, or a listing without seats, with its orders.
    private struct Lot: Hashable {
        var free: UInt64
        var orders: [UInt64] = []

        var row: SeatRuns { SeatRuns(free: free) }

        /// Throws if a seat is not free. Without this check, the number of states would be infinite.
        mutating func hold(_ seats: UInt64) throws {
            guard seats & ~free == 0 else {
                throw Unsellable(description: "\(String(seats, radix: 2)) of \(String(free, radix: 2)) was allowed")
            }
            free &= ~seats
            orders.append(seats)
            orders.sort()
        }

        mutating func endHold(_ index: Int) { free |= orders.remove(at: index) }
    }

    /// All rules under which the lot can be sold, with quantities up to the size of the lot.
    private static func rules(of seats: Int) -> [QuantitySet] {
        (UInt64(1)..<1 << UInt64(seats)).map { QuantitySet(bits: $0) }.filter { $0.spans(seats) }
    }

    private struct Unsellable: Error, CustomStringConvertible { let description: String }

    /// Throws at the first lot that cannot be sold, because most of the millions of other states would fail too.
    private static func check(_ lot: Lot, _ set: QuantitySet, _ sums: [Bool]) throws {
        let row = lot.row
        let isSpanned = row.runs.allSatisfy { sums[$0.length] }
        guard isSpanned, row.areSpanned(by: set), lot.free == 0 || !row.sellable(set).isEmpty else {
            throw Unsellable(description: "\(String(lot.free, radix: 2)) is left of a lot of \(set.quantities)")
        }
    }

    /// Visits all states of all lots up to 6 seats under all rules. These include states that the choice of seats never
    /// leads to, because buyers may ask for exact seats.
    @Test func everyStateOfEverySmallRowCanBeSold() throws {
        for seats in 1...6 {
            for set in Self.rules(of: seats) {
                let sums = QuantitySetTests.sums(of: set, upTo: seats)
                var seen: Set<Lot> = [Lot(free: SeatRuns(seats: seats).free)]
                var waiting = Array(seen)
                while let lot = waiting.popLast() {
                    try Self.check(lot, set, sums)
                    for next in try Self.next(lot, set, seats) where seen.insert(next).inserted { waiting.append(next) }
                }
            }
        }
    }

    private static func next(_ lot: Lot, _ set: QuantitySet, _ seats: Int) throws -> [Lot] {
        var next: [Lot] = []
        for quantity in set.quantities {
            for start in 0...max(0, seats - quantity) {
                let wanted = SeatRuns.mask(from: start, length: quantity)
                guard lot.row.allows(wanted, by: set) else { continue }
                var held = lot
                try held.hold(wanted)
                next.append(held)
            }
        }
        for index in lot.orders.indices {
            var ended = lot
            ended.endHold(index)
            next.append(ended)
        }
        return next
    }

    /// Random holds, expiries and cancellations, for every lot up to 12 seats and every rule.
    @Test(arguments: 1...12) func everyRowCanBeSoldAfterRandomSteps(_ seats: Int) throws {
        var random = SeededGenerator(seed: UInt64(seats))
        for set in Self.rules(of: seats) {
            let sums = QuantitySetTests.sums(of: set, upTo: seats)
            var lot = Lot(free: SeatRuns(seats: seats).free)
            for _ in 0..<24 {
                if random.chance(60), let quantity = random.pick(lot.row.sellable(set).quantities) {
                    guard let wanted = lot.row.cut(quantity, by: set), lot.row.allows(wanted, by: set) else {
                        throw Unsellable(description: "\(quantity) of \(set.quantities) was refused")
                    }
                    try lot.hold(wanted)
                } else if !lot.orders.isEmpty {
                    lot.endHold(Int.random(in: lot.orders.indices, using: &random))
                }
                try Self.check(lot, set, sums)
            }
        }
    }

    /// The same for listings without seats, whose free units are one run.
    @Test(arguments: 1...12) func everyListingCanBeSoldAfterRandomSteps(_ units: Int) throws {
        var random = SeededGenerator(seed: UInt64(units))
        for set in Self.rules(of: units) {
            let sums = QuantitySetTests.sums(of: set, upTo: units)
            var (left, orders) = (units, [Int]())
            for _ in 0..<24 {
                if random.chance(60), let quantity = random.pick(set.sellable(from: left).quantities) {
                    left -= quantity
                    orders.append(quantity)
                } else if !orders.isEmpty {
                    left += orders.remove(at: Int.random(in: orders.indices, using: &random))
                }
                if left < 0 || !sums[left] || left > 0 && set.sellable(from: left).isEmpty {
                    throw Unsellable(description: "\(left) are left of a listing of \(set.quantities)")
                }
            }
        }
    }
}
