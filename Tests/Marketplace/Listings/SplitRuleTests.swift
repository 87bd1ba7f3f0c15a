import Testing

@testable import Marketplace

@Suite struct SplitRuleTests {
    @Test func rulesAllowTheirQuantities() {
        #expect(SplitRule.any.quantities(of: 9) == .all)
        #expect(SplitRule.pairs.quantities(of: 9).quantities == Array(stride(from: 2, through: 64, by: 2)))
        #expect(SplitRule.noSingle.quantities(of: 9).quantities == Array(2...64))
        #expect(SplitRule.allTogether.quantities(of: 9).quantities == [9])
        #expect(SplitRule.allTogether.quantities(of: 65).isEmpty)
        #expect(SplitRule.custom(QuantitySet([1, 4])).quantities(of: 9).quantities == [1, 4])
    }

    @Test func namesAreReadBack() {
        let rules: [SplitRule] = [
            .any, .pairs, .noSingle, .allTogether, .custom(QuantitySet([2, 4])), .custom(QuantitySet([64])),
            .custom(.all),
        ]
        for rule in rules { #expect(SplitRule(rawValue: rule.rawValue) == rule) }
        #expect(SplitRule.custom(QuantitySet([4, 2])).rawValue == "2,4")
        #expect(SplitRule.custom(.all).rawValue.utf8.count == SplitRule.nameLimit)
    }

    @Test(arguments: [
        "", ",", "2,", ",2", "4,2", "2,2", "2, 4", "02", "+2", "0", "65", "-1", "2,65", "Pairs", "2,x", "٢",
        String(repeating: "1,", count: 500),
    ])
    func otherNamesAreUnknown(_ name: String) {
        #expect(SplitRule(rawValue: name) == nil)
    }

    /// An order of three of four tickets would leave one. Of five tickets, two can be ordered, but not four.
    @Test func neverLeavesASingle() {
        let set = SplitRule.noSingle.quantities(of: 5)
        #expect(set.sellable(from: 4).quantities == [2, 4])
        #expect(set.sellable(from: 5).quantities == [2, 3, 5])
        #expect(!set.spans(1))
    }
}
