/// The removal of a listing by an admin. The seller sees the reason and the note, and can't put the listing back.
public struct TakeDown: Codable, Hashable, Sendable {
    /// The reason for a removal. Only people read it, so a reason that this build does not know is kept.
    public struct Reason: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The tickets do not exist, or are not the seller's. So the sales of such a listing give nobody a right to a
        /// seat.
        public static let scam = Reason(rawValue: "scam")
        public static let wrongDetails = Reason(rawValue: "wrong_details")
        /// Contact or payment details in the listing.
        public static let contactDetails = Reason(rawValue: "contact_details")
        public static let offensive = Reason(rawValue: "offensive")
        /// The tickets may not be resold.
        public static let notAllowed = Reason(rawValue: "not_allowed")
        public static let other = Reason(rawValue: "other")

        /// The reasons that this build uses.
        public static let known: [Reason] = [.scam, .wrongDetails, .contactDetails, .offensive, .notAllowed, .other]
    }

    public var reason: Reason
    /// A note of the admin for the seller. It may have several lines.
    public var note: String?
    /// True if the listing was on sale before. It then goes back on sale when it is put back.
    public var wasOnSale: Bool

    public init(reason: Reason, note: String?, wasOnSale: Bool) {
        self.reason = reason
        self.note = note
        self.wasOnSale = wasOnSale
    }

    /// Maximum length of the note, in Unicode scalars.
    public static let noteLimit = 500
}
