/// The limits on the holds of one buyer. Without them, one account could hold a whole listing again and again and never
/// pay. A limit that is nil does not apply.
public struct HoldLimits: Hashable, Sendable {
    /// Maximum number of unpaid orders at a time.
    public var openHolds: Int?
    /// Maximum number of units of one listing, held or paid.
    public var unitsOfListing: Int?
    /// After this many lapses within ``lapsePeriod``, the buyer must wait for one period after the last lapse. A hold
    /// lapses if it expires or its buyer cancels it. In each period, one cancellation within ``freeCancellation`` of
    /// the order does not count.
    public var lapses: Int?
    public var lapsePeriod: Duration

    /// In each ``lapsePeriod``, one cancellation within this time after the order does not count as a lapse.
    public static let freeCancellation: Duration = .seconds(60)

    public static let defaultOpenHolds = 5
    public static let defaultUnitsOfListing = 20
    public static let defaultLapses = 3
    public static let defaultLapsePeriodSeconds = 3600

    public init(
        openHolds: Int? = Self.defaultOpenHolds, unitsOfListing: Int? = Self.defaultUnitsOfListing,
        lapses: Int? = Self.defaultLapses, lapsePeriod: Duration = .seconds(Self.defaultLapsePeriodSeconds)
    ) {
        self.openHolds = openHolds
        self.unitsOfListing = unitsOfListing
        self.lapses = lapses
        self.lapsePeriod = lapsePeriod
    }

    public static let unlimited = HoldLimits(openHolds: nil, unitsOfListing: nil, lapses: nil)
}
