import Testing

/// The notes of the doctor about things that are not damage.
struct NotesTests {
    @Test(.timeLimit(.minutes(2)))
    func `a paused service and an unreachable Stripe are not damage`() async throws {
        let harness = try await OperatorHarness()
        #expect(try await harness.gittix("pause", "orders").status == 0)
        let paused = try await harness.gittix("doctor", "--confirm-after", "0")
        #expect(paused.status == 0 && paused.has("paused · orders"), "\(paused.output)")
        #expect(paused.has("gittix resume orders") && paused.has("Nothing is damaged."), "\(paused.output)")
        #expect(try await harness.gittix("resume", "orders").status == 0)

        let unreachable = try await harness.gittix(
            "doctor", "--confirm-after", "0",
            settings: [
                "STRIPE_SECRET_KEY": "sk_test_of_a_test", "STRIPE_API_BASE": "http://127.0.0.1:1",
                "PUBLIC_URL": "http://localhost:8080",
            ])
        #expect(unreachable.status == 2, "\(unreachable.output)")
        #expect(unreachable.has("stripe-unreachable") && !unreachable.has("--fix"), "\(unreachable.output)")
    }
}
