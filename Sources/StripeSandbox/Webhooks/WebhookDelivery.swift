import CurlClient
import Logging
import ServiceLifecycle

/// Sends each event to each endpoint until the endpoint responds with 2xx or all attempts have failed. As at Stripe,
/// deliveries are concurrent and unordered.
///
/// https://docs.stripe.com/webhooks#behaviors
struct WebhookDelivery: Service {
    private static let concurrency = 256

    let sandbox: Sandbox
    let logger: Logger
    private let curl: CurlClient
    private let limiter = DeliveryLimiter(count: concurrency)

    init(sandbox: Sandbox, logger: Logger) {
        self.sandbox = sandbox
        self.logger = logger
        curl = CurlClient(
            maxConnectionsPerHost: Self.concurrency, userAgent: "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await event in sandbox.events {
                    for url in sandbox.settings.webhookURLs {
                        group.addTask { await deliver(event, to: url) }
                    }
                }
                group.cancelAll()
            }
        }
        await curl.shutdown()
    }

    private func deliver(_ event: EventRecord, to url: String) async {
        let fault = sandbox.change { state, _ in state.faults.take(event: event.type) }
        let delay = Duration.milliseconds(fault?.delayMilliseconds ?? 0)
        switch fault?.kind {
        case .drop:
            sandbox.change { state, _ in state.record.webhooks.dropped += 1 }
            logger.info("Dropped webhook because of a fault", metadata: Self.metadata(event))
        case .delay:
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            await attempt(event, to: url)
        case .repeat:
            await attempt(event, to: url)
            await attempt(event, to: url)
        case .reorder:
            await waitForOtherDelivery(atMost: delay)
            await attempt(event, to: url)
        default:
            await attempt(event, to: url)
        }
    }

    /// Waits until another event is delivered or the limit has passed.
    private func waitForOtherDelivery(atMost limit: Duration) async {
        let next = await limiter.nextDelivery()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in next {} }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func attempt(_ event: EventRecord, to url: String) async {
        let settings = sandbox.settings
        let body = event.json.bytes
        for number in 1...settings.webhookAttempts {
            await limiter.acquire()
            let isDelivered = await send(event, body, to: url, number)
            await limiter.release()
            if isDelivered {
                await limiter.signalDelivery()
                sandbox.change { state, _ in
                    state.record.webhooks.delivered += 1
                    state.ledger.events[event.id]?.pendingWebhooks -= 1
                }
                return
            }
            let wait = settings.webhookRetryMilliseconds * min(1 << min(number - 1, 20), 100)
            guard !Task.isCancelled, number < settings.webhookAttempts,
                (try? await Task.sleep(for: .milliseconds(wait))) != nil
            else { break }
        }
        guard !Task.isCancelled else { return }
        sandbox.change { state, _ in state.record.webhooks.givenUp += 1 }
        logger.warning("Gave up on a webhook delivery", metadata: Self.metadata(event, ["url": "\(url)"]))
    }

    /// Sends an event. Returns true if the endpoint responds with 2xx. Each attempt gets a new signature with the time
    /// of the machine's clock, because the receiver checks the time.
    private func send(_ event: EventRecord, _ body: [UInt8], to url: String, _ number: Int) async -> Bool {
        let signature = WebhookSigner.header(
            body: body, secrets: sandbox.settings.webhookSecrets, at: Sandbox.machineSeconds)
        let request = CurlRequest(
            .post, url: url,
            headers: [
                .init("Content-Type", "application/json; charset=utf-8"), .init("Stripe-Signature", signature),
            ], body: body, connectTimeout: .seconds(3), timeout: .seconds(15), maxResponseBytes: 64 << 10)
        let result: String
        do throws(CurlError) {
            let response = try await curl.send(request)
            result = String(response.status)
            if (200..<300).contains(response.status) {
                logger.info(
                    "Delivered webhook", metadata: Self.metadata(event, ["attempt": .stringConvertible(number)]))
                return true
            }
        } catch {
            result = error.reason
        }
        if !Task.isCancelled {
            sandbox.change { state, _ in state.record.webhooks.refused += 1 }
            logger.info(
                "Webhook attempt failed",
                metadata: Self.metadata(event, ["attempt": .stringConvertible(number), "result": "\(result)"]))
        }
        return false
    }

    private static func metadata(_ event: EventRecord, _ more: Logger.Metadata = [:]) -> Logger.Metadata {
        more.merging(["event": "\(event.id)", "type": "\(event.type)"]) { _, last in last }
    }
}
