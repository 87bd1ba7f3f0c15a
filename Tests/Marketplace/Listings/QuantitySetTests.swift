import Testing

@testable import Marketplace

@Suite struct QuantitySetTests {
    /// The sums by definition: 0 is a sum, and so is every sum plus a member.
    static func sums(of set: QuantitySet, upTo limit: Int) -> [Bool] {
        var sums = [true]
        for number in 1...limit {
            sums.append(set.quantities.contains { $0 <= number && sums[number - $0] })
        }
        return sums
    }

    @Test func membersAreKeptInOrder() {
        let set = QuantitySet([64, 4, 2, 4, 0, -1, 65])
        #expect(set.quantities == [2, 4, 64])
        #expect((set.smallest, set.largest) == (2, 64))
        #expect(set.contains(64) && !set.contains(63) && !set.contains(0) && !set.contains(65))
        #expect(QuantitySet([Int]()).smallest == nil && QuantitySet([Int]()).largest == nil)
        #expect(set.upTo(4).quantities == [2, 4] && set.upTo(3).quantities == [2])
        #expect(set.upTo(0).isEmpty && set.upTo(64) == set && set.upTo(1000) == set)
    }

    @Test func everySetOfSmallQuantitiesSpansItsSums() {
        for bits in UInt64(1)..<1 << 9 {
            let set = QuantitySet(bits: bits)
            let sums = Self.sums(of: set, upTo: 40)
            for number in 0...40 where set.spans(number) != sums[number] {
                Issue.record("\(set.quantities) and \(number)")
            }
        }
        #expect(!QuantitySet.all.spans(-1))
    }

    /// Beyond the numbers that are computed one by one, every multiple of the greatest common divisor is a sum.
    @Test func spansLargeNumbers() {
        var random = SeededGenerator(seed: 1)
        var sets = [[63, 64], [62, 64], [32, 64], [64], [1], [61, 62, 63], [6, 10, 15], [48, 64]]
        for _ in 0..<6 {
            sets.append((1...random.pick([1, 2, 3, 5])!).map { _ in Int.random(in: 1...64, using: &random) })
        }
        for quantities in sets {
            let set = QuantitySet(quantities)
            let sums = Self.sums(of: set, upTo: 4300)
            for number in Array(stride(from: 3900, through: 4300, by: 7)) + Array(4155...4165) + [0, 64, 2000]
            where set.spans(number) != sums[number] {
                Issue.record("\(quantities) and \(number)")
            }
        }
        #expect(QuantitySet([2]).spans(1_000_000) && !QuantitySet([2]).spans(999_999))
    }

    @Test func anOrderLeavesASumOfTheSet() {
        for bits in UInt64(1)..<1 << 8 {
            let set = QuantitySet(bits: bits)
            let sums = Self.sums(of: set, upTo: 24)
            for number in 1...24 {
                let expected = set.quantities.filter { $0 <= number && sums[number - $0] }
                if set.sellable(from: number).quantities != expected {
                    Issue.record("\(set.quantities) and \(number): \(expected)")
                }
            }
        }
        #expect(QuantitySet.all.sellable(from: 0).isEmpty)
        #expect(QuantitySet.all.sellable(from: 3).quantities == [1, 2, 3])
        #expect(QuantitySet([2, 3]).sellable(from: 100_000).quantities == [2, 3])
        #expect(QuantitySet([2, 4]).sellable(from: 100_001).isEmpty)
    }

    @Test func spansAllOfAnother() {
        #expect(QuantitySet([2]).spansAll(of: QuantitySet([4, 6])))
        #expect(!QuantitySet([2]).spansAll(of: QuantitySet([4, 5])))
        #expect(QuantitySet([2, 3]).spansAll(of: SplitRule.noSingle.quantities(of: 9)))
    }
}
