public import FoundationEssentials

/// A link from a source's event or performance to its entry in the catalogue.
public struct ImportLink: Hashable, Sendable {
    public enum Kind: String, Sendable {
        case event, performance
    }

    public struct Key: Hashable, Sendable {
        public var source: String
        public var kind: Kind
        /// The id that the source gives to a performance, or the digest of an event.
        public var externalId: String

        public init(source: String, kind: Kind, externalId: String) {
            self.source = source
            self.kind = kind
            self.externalId = externalId
        }
    }

    public var key: Key
    /// The id of the show or performance.
    public var target: UUID
    /// The digest of the last row that was applied.
    public var digest: String

    public init(key: Key, target: UUID, digest: String) {
        self.key = key
        self.target = target
        self.digest = digest
    }
}

/// The entries that rows of imports may refer to, found by the names in the rows.
public struct ImportLookup: Sendable {
    public private(set) var links: [ImportLink.Key: ImportLink] = [:]
    /// The keys of the links that the decisions of a batch insert or change.
    public private(set) var changed: Set<ImportLink.Key> = []
    /// The shows whose only performance is linked to a row.
    var showsWithOneDate: Set<ShowID> = []

    /// The keys by which the database compares the titles of shows, and the names and cities of venues: the texts
    /// without case, accents and punctuation.
    private var titleKeys: [String: String] = [:]
    private var venueKeys: [VenueName: String] = [:]
    private var shows: [String: Set<ShowID>] = [:]
    private var venues: [String: Set<VenueID>] = [:]

    public struct VenueName: Hashable, Sendable {
        public var name: String
        public var city: String

        public init(name: String, city: String) {
            self.name = name
            self.city = city
        }
    }

    public init() {}

    public init(links: [ImportLink]) { self.links = Dictionary(links.map { ($0.key, $0) }) { $1 } }

    /// Adds the shows that have this title.
    public mutating func addShows(titled title: String, key: String, _ ids: [ShowID]) {
        titleKeys[title] = key
        shows[key, default: []].formUnion(ids)
    }

    /// Adds the published venues that have this name and city, or that such a venue was merged into.
    public mutating func addVenues(named name: VenueName, key: String, _ ids: [VenueID]) {
        venueKeys[name] = key
        venues[key, default: []].formUnion(ids)
    }

    public mutating func addShowsWithOneDate(_ ids: [ShowID]) { showsWithOneDate.formUnion(ids) }

    // MARK: For decisions

    /// The shows with the title, in the order of their ids.
    public func shows(titled title: String) -> [ShowID] { (shows[titleKeys[title] ?? title] ?? []).sorted() }

    public func venues(named name: VenueName) -> [VenueID] { (venues[key(of: name)] ?? []).sorted() }

    mutating func add(_ show: Show) { shows[titleKeys[show.title] ?? show.title, default: []].insert(show.id) }

    mutating func add(_ venue: Venue) {
        let name = VenueName(name: venue.details.name, city: venue.details.city)
        venues[key(of: name), default: []].insert(venue.id)
    }

    mutating func record(_ link: ImportLink) {
        guard links[link.key] != link else { return }
        links[link.key] = link
        changed.insert(link.key)
    }

    private func key(of name: VenueName) -> String { venueKeys[name] ?? "\(name.name)\u{1f}\(name.city)" }
}
