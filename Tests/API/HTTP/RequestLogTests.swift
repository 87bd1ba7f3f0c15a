import CurlClient
import Logging
import Marketplace
import Support
import Synchronization
import Testing

@testable import API

/// The lines of the access log.
@Suite(.timeLimit(.minutes(1))) struct RequestLogTests {
    private final class Lines: Sendable {
        let written = Mutex<[Logger.Metadata]>([])

        func of(_ route: String) -> [String: String]? {
            written.withLock { $0 }.map { $0.mapValues(\.description) }.first { $0["route"] == route }
        }
    }

    private struct RecordingLogHandler: LogHandler {
        let lines: Lines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.written.withLock { $0.append(event.metadata ?? [:]) } }
    }

    @Test func aLineNamesTheUserTheNetworkAndTheProblem() async throws {
        let lines = Lines()
        let logger = Logger(label: "API") { _ in RecordingLogHandler(lines: lines) }
        let api = try await RunningAPI.start(workers: [.users], logger: logger, ["TRUSTED_PROXIES": "1"])
        let client = api.client()
        let user = try await client.signUp("logged@example.com").id.description
        let from = ["X-Forwarded-For": "203.0.113.77"]
        #expect(try await client.send(.get, "/api/users/currentuser", from).status == 200)
        #expect(try await client.send(.get, "/api/admin/users", from).status == 403)
        #expect(try await api.client().send(.get, "/api/orders", from).status == 401)
        let browser = TestUser.browser(at: api)
        browser.cookies = client.cookies
        _ = try await browser.visit("/admin/users").expect(403)
        try await api.stop()

        let own = try #require(lines.of("/api/users/currentuser"))
        #expect(own["user"] == user && own["client"] == "203.0.113.0/24" && own["problem"] == nil)
        for route in ["/api/admin/users", "/admin/users"] {
            let refused = try #require(lines.of(route))
            #expect(refused["user"] == user && refused["problem"] == "forbidden")
        }
        let anonymous = try #require(lines.of("/api/orders"))
        #expect(anonymous["user"] == nil && anonymous["problem"] == "signed-out")
        let all = "\(lines.written.withLock { $0 })"
        #expect(!all.contains("logged@example.com") && !all.contains("203.0.113.77"))
    }
}
