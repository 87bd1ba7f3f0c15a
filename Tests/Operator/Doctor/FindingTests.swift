import Marketplace
import Testing

@testable import Operator

/// The identity of findings in two scans of a running system.
struct FindingTests {
    @Test(arguments: [FindingKind.units, .counts, .deadLetters])
    func `a finding of one snapshot keeps its identity if its numbers change`(kind: FindingKind) {
        let first = Finding(kind: kind, service: .orders, subject: "1", problem: "it counts 3 held")
        let second = Finding(kind: kind, service: .orders, subject: "1", problem: "it counts 4 held")
        #expect(first.identity == second.identity)
        let other = Finding(kind: kind, service: .orders, subject: "2", problem: "it counts 3 held")
        #expect(first.identity != other.identity)
    }

    @Test func `any other finding keeps its identity only if its text is the same`() {
        let first = Finding(kind: .copy, service: .orders, subject: "1", problem: "has a copy with version 3")
        let second = Finding(kind: .copy, service: .orders, subject: "1", problem: "has a copy with version 4")
        #expect(first.identity != second.identity)
        #expect(first.identity == first)
    }
}
