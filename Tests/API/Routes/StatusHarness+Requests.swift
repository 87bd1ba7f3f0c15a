import CurlClient
import Testing

@testable import API

/// The requests that the routes' statuses have in common.
extension StatusHarness {
    /// Larger than each body may be.
    static let large = String(repeating: " ", count: 1_100_000)

    /// Repeats a request until it is refused with 429. Meanwhile, a budget may get new tokens.
    func use(up path: String, by client: APIClient) async throws {
        for _ in 0..<1000 where try await client.send(.get, path).status == 429 { return }
        Issue.record("\(path) is not limited")
    }
}

extension APIClient.Answer {
    func expect(_ status: Int, source: SourceLocation = #_sourceLocation) {
        #expect(self.status == status, "\(text)", sourceLocation: source)
    }
}
