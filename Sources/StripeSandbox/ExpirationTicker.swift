import ServiceLifecycle

/// Advances the ledger's time every second, so that sessions expire and emit their events without API calls.
struct ExpirationTicker: Service {
    let sandbox: Sandbox

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                sandbox.change { _, _ in }
            }
        }
    }
}
