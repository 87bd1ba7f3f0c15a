extension ServiceName {
    /// Events, performances, venues and performers.
    public static let catalogue = ServiceName("catalogue")
}

extension Kind {
    public enum Show {}
    public enum Performance {}
    public enum Venue {}
    public enum Performer {}
}

/// The id of a show such as Hamlet. The API and the pages call a show an event.
public typealias ShowID = Identifier<Kind.Show>
/// The id of one date of a show at one venue.
public typealias PerformanceID = Identifier<Kind.Performance>
public typealias VenueID = Identifier<Kind.Venue>
public typealias PerformerID = Identifier<Kind.Performer>

extension EventType {
    public static let showCreated = EventType("EventCreated")
    public static let showUpdated = EventType("EventUpdated")
    public static let performanceCreated = EventType("PerformanceCreated")
    public static let performanceUpdated = EventType("PerformanceUpdated")
    public static let venueCreated = EventType("VenueCreated")
    public static let venueUpdated = EventType("VenueUpdated")
    public static let performerCreated = EventType("PerformerCreated")
    public static let performerUpdated = EventType("PerformerUpdated")
}

extension Work.Kind {
    /// The performances of a show that has changed or was merged into another.
    public static let refreshPerformancesOfShow = Work.Kind("refresh_performances_of_event")
    /// The performances at a venue that has changed or was merged into another.
    public static let refreshPerformancesAtVenue = Work.Kind("refresh_performances_at_venue")
    /// The shows of a performer who was renamed or merged into another.
    public static let refreshShowsOfPerformer = Work.Kind("refresh_events_of_performer")
}
