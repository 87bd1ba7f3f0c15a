/// The limits on the listings that a seller may have on sale before the first sale. Without them, a new account could
/// fill the site with tickets that do not exist. A limit that is nil does not apply.
public struct NewSellerLimits: Hashable, Sendable {
    /// Maximum number of listings on sale at a time.
    public var listings: Int?
    /// Maximum number of units in these listings together.
    public var units: Int?

    public static let defaultListings = 10
    public static let defaultUnits = 100

    public init(listings: Int? = Self.defaultListings, units: Int? = Self.defaultUnits) {
        self.listings = listings
        self.units = units
    }

    public static let unlimited = NewSellerLimits(listings: nil, units: nil)

    /// The number of listings that must be counted: one more than the smaller of the two limits, because each listing
    /// has at least one unit. Nil if no limit applies.
    public var countedListings: Int? { [listings, units].compactMap(\.self).min().map { $0 + 1 } }

    /// Maximum number of listings that a seller may create before the first sale, including withdrawn ones and those
    /// that wait for the approval of an event: none of them is ever deleted, and each has up to 64 seats.
    public var created: Int? { listings.map { 5 * $0 } }
}

/// A seller's offers that count towards ``NewSellerLimits``, with the changes of the batch.
public struct SellerOffers: Hashable, Sendable {
    /// The number of listings on sale, counted up to ``NewSellerLimits/countedListings``.
    public var listings: Int
    /// Their units, including the held and sold ones.
    public var units: Int
    /// The number of listings of any kind, counted up to ``NewSellerLimits/created``.
    public var created: Int
    /// Whether a unit of any listing of the seller has been sold.
    public var hasSold: Bool

    public init(listings: Int = 0, units: Int = 0, created: Int = 0, hasSold: Bool = false) {
        self.created = created
        self.listings = listings
        self.units = units
        self.hasSold = hasSold
    }

    /// Counts a new listing (`old` is nil), or counts a changed listing again.
    mutating func change(from old: ListingState?, to new: ListingState) {
        if old == nil { created += 1 }
        if let old, !old.withdrawn {
            listings -= 1
            units -= old.quantity
        }
        if !new.withdrawn {
            listings += 1
            units += new.quantity
        }
    }

    /// The refusal of a new or changed listing, or nil if the limits allow it. A change that does not offer more units
    /// is always allowed.
    func refusal(of new: ListingState, insteadOf old: ListingState?, limits: NewSellerLimits) -> Refusal? {
        if old == nil, !hasSold, let limit = limits.created, created >= limit {
            return Refusal(
                .newSellerLimit,
                "Until your first sale, you can create at most \(limit) listings. Change one of them instead.")
        }
        let offeredBefore = old.map { $0.withdrawn ? 0 : $0.quantity } ?? 0
        guard !hasSold, !new.withdrawn, new.quantity > offeredBefore else { return nil }
        var after = self
        after.change(from: old, to: new)
        if let limit = limits.listings, after.listings > limit, after.listings > listings {
            return Refusal(
                .newSellerLimit,
                "Until your first sale, you can have \(limit == 1 ? "1 listing" : "\(limit) listings") on sale at a "
                    + "time. Withdraw one, or wait until you have sold a ticket.")
        }
        if let limit = limits.units, after.units > limit {
            let others = units - offeredBefore
            return Refusal(
                .newSellerLimit,
                "Until your first sale, you can offer at most \(limit) tickets"
                    + (others > 0 ? ", and your other listings offer \(others) of them." : "."),
                field: "quantity")
        }
        return nil
    }
}
