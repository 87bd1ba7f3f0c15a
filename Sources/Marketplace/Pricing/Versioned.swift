/// A stored fee rule or price policy. A row never changes: new content is a new version.
///
/// All rows of a table share one sequence of versions, so a version alone identifies a row.
public struct Versioned<Content: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    public var version: Int64
    public var content: Content
    public var appliedAt: Timestamp

    public init(version: Int64, content: Content, appliedAt: Timestamp) {
        self.version = version
        self.content = content
        self.appliedAt = appliedAt
    }
}
