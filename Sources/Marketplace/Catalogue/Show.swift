/// A show such as Hamlet, without its dates: the body of `EventCreated` and `EventUpdated`.
public struct Show: CatalogueEntry, Codable {
    public typealias Thing = Kind.Show
    public static let noun = "event"

    /// A performer of a show, with the name under which the show announces it.
    public struct Part: Codable, Hashable, Sendable {
        public var id: PerformerID
        public var name: String

        public init(id: PerformerID, name: String) {
            self.id = id
            self.name = name
        }
    }

    public var id: ShowID
    public var title: String
    public var category: ShowCategory
    /// The performers, in the order of the programme.
    public var performers: [Part]
    public var status: EntryStatus
    public var mergedInto: ShowID?
    public var proposedBy: UserID?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: ShowID, title: String, category: ShowCategory, performers: [Part] = [], status: EntryStatus,
        mergedInto: ShowID? = nil, proposedBy: UserID?, version: Int64, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.title = title
        self.category = category
        self.performers = performers
        self.status = status
        self.mergedInto = mergedInto
        self.proposedBy = proposedBy
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Maximum number of performers of a show.
    public static let performerLimit = 12

    public var announcement: NewEvent {
        NewEvent(version == 1 ? .showCreated : .showUpdated, subject: id, version: version, body: self)
    }
}
