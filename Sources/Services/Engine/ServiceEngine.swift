package import Logging
package import Marketplace
package import PostgresClient
package import ServiceLifecycle
import Storage
package import Streams

/// The parts that every service with a schema runs: the database's clock, a consumer, a relay, a retention pruner, a
/// dead-letter archiver, a work sweep, a sweep for each timer, and a feeder for followers that are behind.
package struct ServiceEngine<Handler: ServiceHandler> {
    package let processor: BatchProcessor<Handler>
    package let services: WorkerServices

    package init(
        handler: Handler, copies: [any KeptCopy] = [], pool: PostgresPool, clock: DatabaseClock,
        consumer: StreamConsumer, senders: CommandSenders, stream: EventStream, deadLetters: DeadLetters,
        followers: [ServiceName], timers: [ActiveTimer] = [], timerSweepInterval: Duration = .seconds(60),
        bound: StreamBound, logger: Logger
    ) {
        var logger = logger
        logger[metadataKey: "service"] = "\(handler.service)"
        let storage = ServiceStorage(service: handler.service)
        let wakeup = Wakeup()
        processor = BatchProcessor(
            handler: handler, copies: copies, pool: pool, storage: storage, senders: senders, relay: wakeup,
            logger: logger, clock: clock.now)
        let relay = Relay(
            service: handler.service, pool: pool, outbox: storage.outbox, stream: stream, bound: bound,
            followers: followers, wakeup: wakeup, logger: logger)
        let pruner = RetentionPruner(
            service: handler.service, pool: pool, storage: storage, stream: stream, followers: followers,
            logger: logger, clock: clock.now)
        let feeder = CatchUpFeeder(
            service: handler.service, pool: pool, outbox: storage.outbox, followers: storage.followers,
            catchUp: stream.catchUp, logger: logger)
        let archiver = DeadLetterArchiver(
            letters: deadLetters, archive: DeadLetterArchive(service: handler.service), pool: pool, logger: logger,
            clock: clock.now)
        let timerSweeps = timers.map { [processor, logger] timer in
            TimerSweep(timer, processor: processor, logger: logger, settings: .init(interval: timerSweepInterval))
        }
        services = WorkerServices(
            background: [clock, pruner, feeder, archiver, relay, WorkSweep(processor: processor, logger: logger)]
                + timerSweeps,
            consumers: [ConsumerService(consumer: consumer, handle: processor.process)])
    }
}

/// The tasks of a service in a worker process, in two groups: one ends before the other. A process that is asked to
/// stop ends its tasks one after the other, starting with the last in the list.
package struct WorkerServices {
    /// Tasks that end last: the relay publishes the events of the last batch.
    package var background: [any ServiceLifecycle.Service] = []
    /// Consumers end first, so that nothing new is taken.
    package var consumers: [any ServiceLifecycle.Service] = []

    package init(background: [any ServiceLifecycle.Service] = [], consumers: [any ServiceLifecycle.Service] = []) {
        self.background = background
        self.consumers = consumers
    }

    package static func + (one: WorkerServices, other: WorkerServices) -> WorkerServices {
        WorkerServices(background: one.background + other.background, consumers: one.consumers + other.consumers)
    }

    /// All tasks in the order in which they start. They end in the opposite order.
    package var all: [any ServiceLifecycle.Service] { background + consumers }
}

/// Runs a consumer until the process is asked to stop. Then it finishes the batch in progress and releases the rest.
package struct ConsumerService: ServiceLifecycle.Service {
    package let consumer: StreamConsumer
    package let handle: @Sendable (Batch) async throws -> [EntryOutcome]

    package init(consumer: StreamConsumer, handle: @escaping @Sendable (Batch) async throws -> [EntryOutcome]) {
        self.consumer = consumer
        self.handle = handle
    }

    package func run() async throws {
        await withGracefulShutdownHandler {
            await consumer.run(handle)
        } onGracefulShutdown: {
            consumer.stop()
        }
    }
}
