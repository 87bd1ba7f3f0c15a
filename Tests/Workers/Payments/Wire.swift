import Stripe
import Synchronization

/// The way to Stripe, with a gate in it: a test may hold an answer back until it says so.
final class Wire: Sendable {
    private struct Gate {
        var matches: @Sendable (StripeRequest) -> Bool
        var arrived: CheckedContinuation<Void, Never>?
        var hasArrived = false
        var held: CheckedContinuation<Void, Never>?
    }

    private let client: StripeClient
    private let gate = Mutex<Gate?>(nil)

    init(client: StripeClient) { self.client = client }

    func send(_ request: StripeRequest) async throws(StripeError) -> StripeAnswer {
        let answer: Result<StripeAnswer, StripeError>
        do { answer = .success(try await client.send(request)) } catch { answer = .failure(error) }
        await pass(request)
        return try answer.get()
    }

    /// Holds back the next answer to such a request.
    func hold(_ matches: @escaping @Sendable (StripeRequest) -> Bool) {
        gate.withLock { $0 = Gate(matches: matches) }
    }

    /// Returns once an answer is held back: Stripe has done its part.
    func waitUntilHeld() async {
        await withCheckedContinuation { continuation in
            let isThere = gate.withLock { gate in
                if gate?.hasArrived != false { return true }
                gate?.arrived = continuation
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func release() {
        gate.withLock { gate in
            defer { gate = nil }
            return gate?.held
        }?.resume()
    }

    private func pass(_ request: StripeRequest) async {
        await withCheckedContinuation { continuation in
            let arrived = gate.withLock { gate -> CheckedContinuation<Void, Never>?? in
                guard let found = gate, !found.hasArrived, found.matches(request) else { return nil }
                gate?.hasArrived = true
                gate?.held = continuation
                return .some(found.arrived)
            }
            guard let arrived else { return continuation.resume() }
            arrived?.resume()
        }
    }
}
