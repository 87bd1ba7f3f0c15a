/// The parts of a large sitemap, cached for ten minutes because finding them scans every entry.
actor SitemapIndex<ID: Sendable> {
    private let find: @Sendable () async throws -> [ID]
    private var known: (parts: [ID], at: ContinuousClock.Instant)?
    private var finding: Task<[ID], any Error>?

    private static var lifetime: Duration { .seconds(600) }

    init(_ find: @escaping @Sendable () async throws -> [ID]) { self.find = find }

    /// The first entry of each part. Concurrent callers share one scan.
    func parts() async throws -> [ID] {
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
