import Marketplace

/// The parts of a large sitemap, cached for ten minutes because finding them scans every listing.
actor SitemapIndex {
    private let find: @Sendable () async throws -> [ListingID]
    private var known: (parts: [ListingID], at: ContinuousClock.Instant)?
    private var finding: Task<[ListingID], any Error>?

    private static let lifetime = Duration.seconds(600)

    init(_ find: @escaping @Sendable () async throws -> [ListingID]) { self.find = find }

    /// The first listing of each part. Concurrent callers share one scan.
    func parts() async throws -> [ListingID] {
        if let known, .now - known.at < Self.lifetime { return known.parts }
        if let finding { return try await finding.value }
        let task = Task { [find] in try await find() }
        finding = task
        defer { finding = nil }
        let parts = try await task.value
        known = (parts, .now)
        return parts
    }
}
