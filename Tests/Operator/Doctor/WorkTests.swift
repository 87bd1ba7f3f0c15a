import Marketplace
import Support
import Testing

/// Background work that makes no progress.
@Suite(.timeLimit(.minutes(2)))
struct WorkTests {
    @Test func `work without progress for some minutes is reported`() async throws {
        let fixture = try await DoctorFixture()
        try await fixture.database.execute(
            """
            INSERT INTO orders.work (kind, subject, started_at, progressed_at) VALUES
                ('end_holds', '\(fixture.buyer)', now() - interval '1 hour', now() - interval '1 minute'),
                ('end_holds', '\(fixture.seller)', now() - interval '1 minute', NULL);
            INSERT INTO tickets.work (kind, subject, started_at)
            VALUES ('withdraw_listings', '\(fixture.seller)', now() - interval '10 minutes')
            """)
        let (status, findings) = try await fixture.findings("--fix")
        #expect(status == 1)
        #expect(findings.map(\.kind) == ["work-stalled"])
        #expect(findings.map(\.service) == ["tickets"])
        #expect(findings.map(\.subject) == ["withdraw_listings \(fixture.seller)"])
        #expect(findings[0].note?.contains("An item of background work failed") == true)
    }
}
