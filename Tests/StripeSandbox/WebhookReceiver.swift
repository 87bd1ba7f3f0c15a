import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The other end of webhooks: keeps what comes, and answers as it was told.
final class WebhookReceiver: Sendable {
    struct Delivery: Sendable {
        var signature: String?
        var body: [UInt8]
    }

    private struct Manners {
        var refusals = 0
        var isHolding = false
    }

    let url: String
    private let deliveries: AsyncStream<Delivery>
    private let manners: Mutex<Manners>

    private init(port: Int, deliveries: AsyncStream<Delivery>) {
        url = "http://127.0.0.1:\(port)/webhooks"
        self.deliveries = deliveries
        manners = Mutex(Manners())
    }

    /// The next so many to be answered with 500.
    func refuse(times: Int) { manners.withLock { $0.refusals = times } }

    /// Leaves all without an answer.
    func hold() { manners.withLock { $0.isHolding = true } }

    /// Waits for so many deliveries.
    func next(_ count: Int) async -> [Delivery] {
        var seen: [Delivery] = []
        for await delivery in deliveries {
            seen.append(delivery)
            if seen.count == count { break }
        }
        return seen
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
            return try await holder.receiver.answer()
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

    private func answer() async throws -> HTTPResponse.Status {
        let (isRefused, isHolding) = manners.withLock { manners in
            defer { manners.refusals = max(0, manners.refusals - 1) }
            return (manners.refusals > 0, manners.isHolding)
        }
        // Ends when the other side hangs up or the receiver is stopped.
        if isHolding { try await Task.sleep(for: .seconds(3_600)) }
        return isRefused ? .internalServerError : .ok
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
