import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// A webhook endpoint that records the deliveries. Its responses can be configured.
final class WebhookReceiver: Sendable {
    struct Delivery: Sendable {
        var signature: String?
        var body: [UInt8]
    }

    private struct Behavior {
        var failuresLeft = 0
        var withholdsResponses = false
    }

    let url: String
    private let deliveries: AsyncStream<Delivery>
    private let behavior: Mutex<Behavior>

    private init(port: Int, deliveries: AsyncStream<Delivery>) {
        url = "http://127.0.0.1:\(port)/webhooks"
        self.deliveries = deliveries
        behavior = Mutex(Behavior())
    }

    /// Responds to the next deliveries with 500.
    func fail(times: Int) { behavior.withLock { $0.failuresLeft = times } }

    /// Sends no response to later deliveries.
    func withholdResponses() { behavior.withLock { $0.withholdsResponses = true } }

    /// Waits for a number of deliveries.
    func next(_ count: Int) async -> [Delivery] {
        var received: [Delivery] = []
        for await delivery in deliveries {
            received.append(delivery)
            if received.count == count { break }
        }
        return received
    }

    static func with(_ body: (WebhookReceiver) async throws -> Void) async throws {
        let (deliveries, continuation) = AsyncStream.makeStream(of: Delivery.self)
        let (ports, portsContinuation) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "receiver")
        logger.logLevel = .critical
        let router = Router()
        let holder = Holder()
        router.post("/webhooks") { request, _ in
            var request = request
            let buffer = try await request.collectBody(upTo: 1 << 20)
            let signature = request.headers[HTTPField.Name("Stripe-Signature")!]
            continuation.yield(Delivery(signature: signature, body: Array(buffer.readableBytesView)))
            return try await holder.receiver.respond()
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in portsContinuation.yield(channel.localAddress?.port ?? 0) }, logger: logger)
        let running = Task { try await application.run() }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else { return }
        let receiver = WebhookReceiver(port: port, deliveries: deliveries)
        holder.set(receiver)
        let result: Result<Void, any Error>
        do { result = .success(try await body(receiver)) } catch { result = .failure(error) }
        running.cancel()
        _ = await running.result
        try result.get()
    }

    private func respond() async throws -> HTTPResponse.Status {
        let (fails, withholdsResponse) = behavior.withLock { behavior in
            defer { behavior.failuresLeft = max(0, behavior.failuresLeft - 1) }
            return (behavior.failuresLeft > 0, behavior.withholdsResponses)
        }
        // Ends when the sandbox disconnects or the receiver stops.
        if withholdsResponse { try await Task.sleep(for: .seconds(3_600)) }
        return fails ? .internalServerError : .ok
    }

    private final class Holder: Sendable {
        private let value = Mutex<WebhookReceiver?>(nil)

        func set(_ receiver: WebhookReceiver) { value.withLock { $0 = receiver } }

        var receiver: WebhookReceiver {
            get throws {
                guard let receiver = value.withLock({ $0 }) else { throw CancellationError() }
                return receiver
            }
        }
    }
}
