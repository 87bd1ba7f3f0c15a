/// A person or a group that performs: the body of `PerformerCreated` and `PerformerUpdated`.
public struct Performer: CatalogueEntry, Codable {
    public typealias Thing = Kind.Performer
    public static let noun = "performer"

    public var id: PerformerID
    public var name: String
    /// Proposed, published or merged. A performer is only shown with its events. An admin who names a proposed
    /// performer publishes it under the admin's spelling of the name.
    public var status: EntryStatus
    public var mergedInto: PerformerID?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: PerformerID, name: String, status: EntryStatus, mergedInto: PerformerID? = nil, version: Int64,
        createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.name = name
        self.status = status
        self.mergedInto = mergedInto
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Maximum length of a name, in Unicode scalars.
    public static let nameLimit = 120

    /// The form in which names are compared: lower case, words separated by single spaces, and no punctuation. Two
    /// performers never have the same key.
    public var key: String { Self.key(of: name) }

    public static func key(of name: String) -> String {
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }
        return words.isEmpty ? name.lowercased() : words.joined(separator: " ")
    }

    public var announcement: NewEvent {
        NewEvent(version == 1 ? .performerCreated : .performerUpdated, subject: id, version: version, body: self)
    }
}
