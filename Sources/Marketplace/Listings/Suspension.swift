/// The suspension of a listing that can't be sold because of its performance, its seats or its price. The listing is
/// off sale, and its seller can't put it back on sale while the reason lasts.
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

        /// Another listing offers the same seats. When it no longer does, the seller can put this listing back on sale.
        public static let seatsTaken = Reason(rawValue: "seats_taken")

        /// The price is above what a policy of the place allows, or the policy needs a face value. The seller can
        /// change both.
        public static let policy = Reason(rawValue: "policy")

        /// The reasons that this build uses.
        public static let known: [Reason] = [
            .unpublished, .postponed, .eventCancelled, .eventRemoved, .seatsTaken, .policy,
        ]
    }

    public var reason: Reason
    /// True if the listing may go back on sale by itself when the suspension ends. After ``Reason/seatsTaken``, it goes
    /// back on sale only by a command of the seller.
    public var wasOnSale: Bool

    public init(reason: Reason, wasOnSale: Bool) {
        self.reason = reason
        self.wasOnSale = wasOnSale
    }
}
