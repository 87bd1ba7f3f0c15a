import ServiceLifecycle

/// Lets time pass for the ledger when nobody calls, so that sessions expire and tell of it.
struct Clockwork: Service {
    let sandbox: Sandbox

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                sandbox.change { _, _ in }
            }
        }
    }
}
