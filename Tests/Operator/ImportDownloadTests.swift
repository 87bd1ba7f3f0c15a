import Bootstrap
import Foundation
import NIOCore
import NIOPosix
import Support
import Testing

@testable import Operator

@Suite(.timeLimit(.minutes(1)))
struct ImportDownloadTests {
    private func download(_ hosts: String, environment: String = "development") throws -> ImportDownload {
        let reader = SettingsReader(["ENVIRONMENT": environment, "IMPORT_HOSTS": hosts])
        return ImportDownload(settings: try ImportSettings(reader), limit: 2 << 20, timeout: .seconds(3))
    }

    private func refusal(_ download: ImportDownload, _ url: String) async -> String {
        do {
            return "fetched \(try await download.fetch(url).count) bytes"
        } catch { return "\(error)" }
    }

    @Test(arguments: [
        ("https://other.example/a.csv", "other.example is not in IMPORT_HOSTS"),
        ("https://events.example.evil.example/a.csv", "is not in IMPORT_HOSTS"),
        ("http://events.example/a.csv", "use https"), ("https://ann:secret@events.example/a.csv", "leave the user"),
        ("https://events.example@other.example/a.csv", "is not in IMPORT_HOSTS"),
        ("https://events.example:8443/a.csv", "leave the port"), ("https:///a.csv", "is not a URL"),
        ("https://127.0.0.1/a.csv", "is not in IMPORT_HOSTS"),
    ])
    func `a URL that is not allowed is not fetched`(url: String, hint: String) async throws {
        let message = await refusal(try download("Events.example, b.example"), url)
        #expect(message.contains(hint), "\(message)")
    }

    @Test(arguments: ["https://localhost/a.csv", "https://127.0.0.1/a.csv", "https://10.0.0.1/a.csv"])
    func `a host with a private address is refused before a connection`(url: String) async throws {
        let message = await refusal(try download("localhost,127.0.0.1,10.0.0.1", environment: "production"), url)
        #expect(message.contains("not an address of the public internet"), "\(message)")
    }

    @Test func `an invalid host list is refused`() {
        for hosts in ["https://events.example", "events.example:443", "a b/c"] {
            #expect(throws: SettingsError.self) { try download(hosts) }
        }
    }

    @Test func `an answer has limits, and a redirect is not followed`() async throws {
        let server = try await FeedServer.start()
        let download = try download("127.0.0.1")
        #expect(try await download.fetch("\(server.origin)/feed.csv?a=b#c") == Array("id,title\n".utf8))
        for (path, hint) in [
            ("redirect", "redirects to a different URL (status 302)"), ("huge", "more than 2 MiB"),
            ("slow", "Timeout"), ("missing", "the status 404"), ("close", ":"),
        ] {
            let message = await refusal(download, "\(server.origin)/\(path)")
            #expect(message.contains(hint) && !message.contains("fetched"), "\(message)")
        }
        #expect(server.paths == ["/feed.csv?a=b", "/redirect", "/huge", "/slow", "/missing", "/close"])
        try await server.stop()
    }

    @Test func `a feed of an allowed host is imported`() async throws {
        let server = try await FeedServer.start()
        let harness = try await OperatorHarness()
        let url = "\(server.origin)/programme.ics"
        let settings = ["IMPORT_HOSTS": "127.0.0.1"]
        let plan = try await harness.gittix(
            "catalogue", "import", url, "--country", "IS", "--time-zone", "Atlantic/Reykjavik", settings: settings)
        #expect(plan.has("1 rows of 127.0.0.1/programme.ics: 1 new"), "\(plan.output)")
        let unknown = try await harness.gittix("catalogue", "import", url, settings: settings)
        #expect(unknown.status == 1 && unknown.has("line 2: The catalogue has no such venue"), "\(unknown.output)")
        let refused = try await harness.gittix("catalogue", "import", url)
        #expect(refused.status == 1 && refused.has("IMPORT_HOSTS"), "\(refused.output)")
        try await server.stop()
    }
}
