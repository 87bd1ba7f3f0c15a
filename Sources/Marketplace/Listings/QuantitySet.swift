/// A set of quantities from 1 to 64. Bit q − 1 stands for the quantity q.
public struct QuantitySet: Hashable, Sendable {
    /// The largest quantity that a set may have.
    public static let limit = 64

    public var bits: UInt64

    public init(bits: UInt64) { self.bits = bits }

    /// Quantities outside 1…64 are left out.
    public init(_ quantities: some Sequence<Int>) {
        bits = quantities.reduce(0) { $0 | Self.bit($1) }
    }

    public static let all = QuantitySet(bits: .max)

    public var isEmpty: Bool { bits == 0 }

    public func contains(_ quantity: Int) -> Bool { bits & Self.bit(quantity) != 0 }

    /// The quantities, in ascending order.
    public var quantities: [Int] { (1...Self.limit).filter(contains) }

    public var smallest: Int? { isEmpty ? nil : bits.trailingZeroBitCount + 1 }
    public var largest: Int? { isEmpty ? nil : Self.limit - bits.leadingZeroBitCount }

    /// The quantities that are not greater than `largest`.
    public func upTo(_ largest: Int) -> QuantitySet {
        QuantitySet(bits: largest >= Self.limit ? bits : largest <= 0 ? 0 : bits & (Self.bit(largest + 1) &- 1))
    }

    public func isSubset(of other: QuantitySet) -> Bool { bits & ~other.bits == 0 }

    private static func bit(_ quantity: Int) -> UInt64 {
        (1...limit).contains(quantity) ? 1 << UInt64(quantity - 1) : 0
    }
}

// The rule for orders of listings with a split rule.
//
// Let `span` be all sums of members of the set, and 0. A *run* is a maximal stretch of free neighbouring seats; the
// free units of a listing without seats are one run. An order of q is possible if q is a member, and q seats can be cut
// from a run so that the lengths of both remaining parts are in the span.
//
// If every run's length is in the span, this stays true: after an order because of the rule, and after a return because
// the span is closed under addition. Therefore the remaining units can always be sold, no matter when holds start and
// expire.
extension QuantitySet {
    /// True if a number of units can be sold completely by orders of these quantities.
    public func spans(_ count: Int) -> Bool {
        count == 0 || count > 0 && reach(before: count).bits & bits != 0
    }

    /// The quantities that can be ordered from a run: the members that leave a number in the span.
    ///
    /// Empty if the run's length is not in the span.
    public func sellable(from count: Int) -> QuantitySet {
        count > 0 ? QuantitySet(bits: reach(before: count).bits & bits) : QuantitySet(bits: 0)
    }

    /// True if all sums of another set's members are sums of this set's members.
    public func spansAll(of other: QuantitySet) -> Bool { other.quantities.allSatisfy(spans) }

    /// The 64 numbers before a count, as bits: bit k is set if count − 1 − k is in the span.
    ///
    /// The Frobenius number of a set whose members are at most 64 is below 64², so every larger multiple of the
    /// greatest common divisor is in the span. (Sylvester 1884; Brauer 1942: at most (a − 1)(b − 1) − 1 for the
    /// smallest and the largest member.)
    private func reach(before count: Int) -> QuantitySet {
        if count > Self.tableLimit + Self.limit, let divisor = greatestCommonDivisor {
            return QuantitySet((1...Self.limit).lazy.filter { (count - $0).isMultiple(of: divisor) })
        }
        var window: UInt64 = 1
        for _ in 1..<count { window = window << 1 | (window & bits == 0 ? 0 : 1) }
        return QuantitySet(bits: window)
    }

    private static let tableLimit = 4096

    private var greatestCommonDivisor: Int? {
        quantities.reduce(nil) { divisor, quantity in
            var (a, b) = (divisor ?? quantity, quantity)
            while b > 0 { (a, b) = (b, a % b) }
            return a
        }
    }
}

extension QuantitySet {
    /// The quantities in words: `2, 4 or 6 to 64`.
    public var text: String {
        var parts: [String] = []
        for run in SeatRuns(free: bits).runs {
            let (first, last) = (run.start + 1, run.start + run.length)
            parts += run.length > 2 ? ["\(first) to \(last)"] : (first...last).map(String.init)
        }
        guard let last = parts.popLast() else { return "none" }
        return parts.isEmpty ? last : parts.joined(separator: ", ") + " or " + last
    }

    /// A sentence about the quantities that can be ordered now.
    var offer: String {
        isEmpty
            ? "None of these tickets can be ordered at the moment. Try again later."
            : "These tickets can be ordered in quantities of \(text)."
    }
}
