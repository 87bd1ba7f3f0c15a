import Stripe
import Synchronization

/// A Stripe client that can hold back one response until a test releases it.
final class GatedStripeClient: Sendable {
    private struct Gate {
        var matches: @Sendable (StripeRequest) -> Bool
        var arrival: CheckedContinuation<Void, Never>?
        var hasArrived = false
        var held: CheckedContinuation<Void, Never>?
    }

    private let client: StripeClient
    private let gate = Mutex<Gate?>(nil)

    init(client: StripeClient) { self.client = client }

    func send(_ request: StripeRequest) async throws(StripeError) -> StripeResponse {
        let result: Result<StripeResponse, StripeError>
        do { result = .success(try await client.send(request)) } catch { result = .failure(error) }
        await waitAtGate(request)
        return try result.get()
    }

    /// Holds back the next response to a matching request.
    func hold(_ matches: @escaping @Sendable (StripeRequest) -> Bool) {
        gate.withLock { $0 = Gate(matches: matches) }
    }

    /// Returns when a response is held back. By then, Stripe has executed the request.
    func waitUntilHeld() async {
        await withCheckedContinuation { continuation in
            let hasArrived = gate.withLock { gate in
                if gate?.hasArrived != false { return true }
                gate?.arrival = continuation
                return false
            }
            if hasArrived { continuation.resume() }
        }
    }

    func release() {
        gate.withLock { gate in
            defer { gate = nil }
            return gate?.held
        }?.resume()
    }

    private func waitAtGate(_ request: StripeRequest) async {
        await withCheckedContinuation { continuation in
            let arrival = gate.withLock { gate -> CheckedContinuation<Void, Never>?? in
                guard let closed = gate, !closed.hasArrived, closed.matches(request) else { return nil }
                gate?.hasArrived = true
                gate?.held = continuation
                return .some(closed.arrival)
            }
            guard let arrival else { return continuation.resume() }
            arrival?.resume()
        }
    }
}
