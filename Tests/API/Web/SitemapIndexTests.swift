import Marketplace
import Synchronization
import Testing

@testable import API

struct SitemapIndexTests {
    @Test("Concurrent requests share one scan for the parts of the sitemap")
    func concurrentRequestsShareOneScan() async throws {
        let scans = Mutex(0)
        let (gate, opened) = AsyncStream.makeStream(of: Never.self)
        let found = [ListingID.new()]
        let index = SitemapIndex {
            scans.withLock { $0 += 1 }
            for await _ in gate {}
            return found
        }
        try await withThrowingTaskGroup(of: [ListingID].self) { group in
            for _ in 0..<10 { group.addTask { try await index.parts() } }
            opened.finish()
            for try await parts in group { #expect(parts == found) }
        }
        #expect(try await index.parts() == found)
        #expect(scans.withLock { $0 } == 1)
    }
}
