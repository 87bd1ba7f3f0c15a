/// Two different performances, in the order of their ids.
public struct PerformancePair: Hashable, Comparable, Sendable {
    public let first: PerformanceID
    public let second: PerformanceID

    /// Returns `nil` if both ids are the same.
    public init?(_ one: PerformanceID, _ other: PerformanceID) {
        guard one != other else { return nil }
        (first, second) = one < other ? (one, other) : (other, one)
    }

    public static func < (pair: PerformancePair, other: PerformancePair) -> Bool {
        (pair.first, pair.second) < (other.first, other.second)
    }
}
