import Marketplace

/// The parts of a large sitemap, kept for a while: finding them looks at every listing.
actor SitemapParts {
    private let find: @Sendable () async throws -> [TicketID]
    private var known: (parts: [TicketID], at: ContinuousClock.Instant)?
    private var finding: Task<[TicketID], any Error>?

    private static let life = Duration.seconds(600)

    init(_ find: @escaping @Sendable () async throws -> [TicketID]) { self.find = find }

    /// However many ask at once, one looks.
    func parts() async throws -> [TicketID] {
        if let known, .now - known.at < Self.life { return known.parts }
        if let finding { return try await finding.value }
        let task = Task { [find] in try await find() }
        finding = task
        defer { finding = nil }
        let parts = try await task.value
        known = (parts, .now)
        return parts
    }
}
