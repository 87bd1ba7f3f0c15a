/// The suspension of a listing while its performance can't be sold. The listing is off sale, and its seller can't put
/// it back on sale.
public struct Suspension: Codable, Hashable, Sendable {
    /// The reason for a suspension. A reason of a newer build is kept.
    public struct Reason: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The seller has proposed the performance, and no admin has published it yet.
        public static let unpublished = Reason(rawValue: "unpublished")
        /// The performance has no new date yet.
        public static let postponed = Reason(rawValue: "postponed")
        /// The performance is cancelled permanently. The unpaid orders end.
        public static let eventCancelled = Reason(rawValue: "event_cancelled")
        /// An admin has rejected the performance, or the catalogue has lost it.
        public static let eventRemoved = Reason(rawValue: "event_removed")

        /// The reasons that this build uses.
        public static let known: [Reason] = [.unpublished, .postponed, .eventCancelled, .eventRemoved]
    }

    public var reason: Reason
    /// True if the listing goes back on sale when the suspension ends.
    public var wasOnSale: Bool

    public init(reason: Reason, wasOnSale: Bool) {
        self.reason = reason
        self.wasOnSale = wasOnSale
    }
}
