import Testing

@testable import Marketplace

@Suite struct SeatRunsTests {
    @Test func runsAreMaximal() {
        let seats = SeatRuns(free: 0b1_0110_0111)
        #expect(seats.runs == [.init(start: 0, length: 3), .init(start: 5, length: 2), .init(start: 8, length: 1)])
        #expect(SeatRuns(free: .max).runs == [.init(start: 0, length: 64)])
        #expect(SeatRuns(free: 1 << 63).runs == [.init(start: 63, length: 1)])
        #expect(SeatRuns(free: 0).runs.isEmpty)
        #expect(SeatRuns(seats: 64).free == .max && SeatRuns(seats: 12).free == 0xFFF)
    }

    @Test func choosesTheSmallestRunThatFits() {
        let seats = SeatRuns(free: 0b11_0110_1111)
        #expect(seats.cut(2, by: .all) == 0b110_0000, "not a part of the four, nor the later two")
        #expect(seats.cut(3, by: .all) == 0b111)
        #expect(seats.cut(4, by: SplitRule.pairs.quantities(of: 8)) == 0b1111)
        #expect(seats.cut(3, by: SplitRule.noSingle.quantities(of: 8)) == nil, "one would be left of the four")
        #expect(seats.cut(5, by: .all) == nil)
    }

    /// Compares each cut, of each mask of a short row and under each rule, with the best of all possible cuts.
    @Test func everyCutIsTheBestOfAll() {
        let seats = 6
        for bits in UInt64(1)..<1 << UInt64(seats) {
            let set = QuantitySet(bits: bits)
            let sums = QuantitySetTests.sums(of: set, upTo: seats)
            for mask in UInt64(0)..<1 << UInt64(seats) {
                let row = SeatRuns(free: mask)
                let best = Self.bestCuts(of: row, set, sums)
                for quantity in 1...seats where row.cut(quantity, by: set) != best[quantity] {
                    Issue.record("\(quantity) by \(set.quantities) of \(String(mask, radix: 2))")
                }
                if row.areSpanned(by: set) != row.runs.allSatisfy({ sums[$0.length] }) {
                    Issue.record("left by \(set.quantities): \(String(mask, radix: 2))")
                }
                if row.sellable(set).quantities != best.keys.sorted() {
                    Issue.record("sellable by \(set.quantities) of \(String(mask, radix: 2))")
                }
            }
        }
    }

    /// Tries every row of six seats, every rule, and every set of seats that another listing has sold.
    @Test func cutsWithoutSoldSeatsLeaveOnlyWhatCanBeSold() {
        let seats = 6
        for bits in UInt64(1)..<1 << UInt64(seats) {
            let set = QuantitySet(bits: bits)
            for free in UInt64(0)..<1 << UInt64(seats) where SeatRuns(free: free).areSpanned(by: set) {
                let row = SeatRuns(free: free)
                for sold in [0, 0b001000, 0b010010, 0b000001, 0b100100] as [UInt64] {
                    for quantity in 1...seats {
                        let cuts = row.cuts(quantity, by: set, without: sold)
                        let isRight = cuts.allSatisfy { cut in
                            cut & sold == 0 && cut & ~free == 0 && cut.nonzeroBitCount == quantity
                                && SeatRuns(free: free & ~cut).areSpanned(by: set)
                        }
                        let best = row.cut(quantity, by: set, without: sold)
                        if !isRight || best != cuts.first
                            || row.sellable(set, without: sold).contains(quantity) == cuts.isEmpty
                        {
                            Issue.record("\(quantity) by \(set.quantities) of \(free) without \(sold): \(cuts)")
                        }
                    }
                }
            }
        }
    }

    @Test func exactSeatsMustLeaveSumsOnBothSides() {
        let pairs = SplitRule.pairs.quantities(of: 8)
        let row = SeatRuns(seats: 8)
        #expect(row.allows(0b1100, by: pairs))
        #expect(!row.allows(0b0110, by: pairs), "one is left on the left")
        #expect(!row.allows(0b0111, by: pairs) && !row.allows(0b1001, by: pairs) && !row.allows(0, by: pairs))
        for taken: UInt64 in [0b1100, 0b0110, 0b1111] {
            #expect(!SeatRuns(free: 0b11_0011).allows(taken, by: pairs), "not free")
        }
        #expect(SeatRuns(seats: 64).allows(.max, by: pairs))
    }

    /// The best cut for each quantity that the rule allows: by the size of the run, the number of runs left, and the
    /// lowest unit.
    static func bestCuts(of row: SeatRuns, _ set: QuantitySet, _ sums: [Bool]) -> [Int: UInt64] {
        var best: [Int: (rank: [Int], seats: UInt64)] = [:]
        for run in row.runs {
            for quantity in set.quantities where quantity <= run.length {
                for before in 0...(run.length - quantity) where sums[before] && sums[run.length - quantity - before] {
                    let seats = SeatRuns.mask(from: run.start + before, length: quantity)
                    let left = SeatRuns(free: row.free & ~seats).runs.count
                    let rank = [run.length, left, run.start + before]
                    if best[quantity].map({ rank.lexicographicallyPrecedes($0.rank) }) ?? true {
                        best[quantity] = (rank, seats)
                    }
                }
            }
        }
        return best.mapValues(\.seats)
    }
}
