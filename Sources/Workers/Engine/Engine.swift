import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage
import Streams

/// What every service with a schema runs: a consumer, a relay and a custodian.
struct Engine<Handler: ServiceHandler> {
    let processor: BatchProcessor<Handler>
    let services: [any ServiceLifecycle.Service]

    init(
        handler: Handler, pool: PostgresPool, consumer: StreamConsumer, stream: EventStream, bound: StreamBound,
        logger: Logger
    ) {
        var logger = logger
        logger[metadataKey: "pool"] = "\(handler.service)"
        let storage = ServiceStorage(service: handler.service)
        let signal = Signal()
        processor = BatchProcessor(
            handler: handler, pool: pool, storage: storage, relay: signal, logger: logger, clock: { .now() })
        services = [
            ConsumerService(consumer: consumer, handle: processor.process),
            Relay(
                service: handler.service, pool: pool, outbox: storage.outbox, stream: stream, bound: bound,
                signal: signal, logger: logger),
            Custodian(
                service: handler.service, pool: pool, storage: storage, stream: stream, logger: logger),
        ]
    }
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
