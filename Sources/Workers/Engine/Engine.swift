import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage
import Streams

/// What every service with a schema runs: a consumer, a relay and a custodian.
struct Engine<Handler: ServiceHandler> {
    let processor: BatchProcessor<Handler>
    let services: PoolServices

    init(
        handler: Handler, pool: PostgresPool, clock: DatabaseClock, consumer: StreamConsumer, stream: EventStream,
        bound: StreamBound, logger: Logger
    ) {
        var logger = logger
        logger[metadataKey: "pool"] = "\(handler.service)"
        let storage = ServiceStorage(service: handler.service)
        let signal = Signal()
        processor = BatchProcessor(
            handler: handler, pool: pool, storage: storage, relay: signal, logger: logger, clock: clock.now)
        let relay = Relay(
            service: handler.service, pool: pool, outbox: storage.outbox, stream: stream, bound: bound, signal: signal,
            logger: logger)
        let custodian = Custodian(
            service: handler.service, pool: pool, storage: storage, stream: stream, logger: logger, clock: clock.now)
        services = PoolServices(
            background: [clock, custodian, relay],
            consumers: [ConsumerService(consumer: consumer, handle: processor.process)])
    }
}

/// What a pool runs, by when it is to end: a process that is asked to stop ends its services one after the other, the last
/// of the list first.
struct PoolServices {
    /// Still there when the last batch is in, whose events the relay shall publish.
    var background: [any ServiceLifecycle.Service] = []
    /// Take nothing new, first of all.
    var consumers: [any ServiceLifecycle.Service] = []

    static func + (one: PoolServices, other: PoolServices) -> PoolServices {
        PoolServices(background: one.background + other.background, consumers: one.consumers + other.consumers)
    }

    /// In the order in which they start; they end in the opposite one.
    var all: [any ServiceLifecycle.Service] { background + consumers }
}

/// Runs a consumer until the process is asked to stop; then it finishes the batch in hand and hands back the rest.
struct ConsumerService: ServiceLifecycle.Service {
    let consumer: StreamConsumer
    let handle: @Sendable (Batch) async throws -> [Outcome]

    func run() async throws {
        await withGracefulShutdownHandler {
            await consumer.run(handle)
        } onGracefulShutdown: {
            consumer.stop()
        }
    }
}
