/// The facts of a performance that decide which fee rule and price policy apply to its listings. A listing without a
/// performance has none of these facts.
public struct PricePlace: Hashable, Sendable {
    /// The venue's country, in ISO 3166-1 alpha-2.
    public var country: String?
    /// The venue's region, in ISO 3166-2.
    public var region: String?
    public var category: ShowCategory?
    public var eventId: ShowID?

    public init(
        country: String? = nil, region: String? = nil, category: ShowCategory? = nil, eventId: ShowID? = nil
    ) {
        self.country = country
        self.region = region
        self.category = category
        self.eventId = eventId
    }

    public init(_ performance: PerformanceCopy?) {
        self.init(
            country: performance?.country, region: performance?.place, category: performance?.category,
            eventId: performance?.eventId)
    }

    public init(_ performance: PerformanceState) { self.init(PerformanceCopy(performance)) }
}
