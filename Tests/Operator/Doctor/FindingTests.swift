import Marketplace
import Testing

@testable import Operator

/// Beside a system at work the numbers of what is damaged move on.
struct FindingTests {
    @Test(arguments: [Ailment.units, .counts, .deadLetters])
    func `what one look tells for certain is the same with other numbers`(kind: Ailment) {
        let first = Finding(kind: kind, service: .orders, subject: "1", what: "it counts 3 held")
        let second = Finding(kind: kind, service: .orders, subject: "1", what: "it counts 4 held")
        #expect(first.sameness == second.sameness)
        let other = Finding(kind: kind, service: .orders, subject: "2", what: "it counts 3 held")
        #expect(first.sameness != other.sameness)
    }

    @Test func `what may be on its way is the same only word for word`() {
        let first = Finding(kind: .copy, service: .orders, subject: "1", what: "the copy has version 3, its owner 4")
        let second = Finding(kind: .copy, service: .orders, subject: "1", what: "the copy has version 4, its owner 5")
        #expect(first.sameness != second.sameness)
        #expect(first.sameness == first)
    }
}
