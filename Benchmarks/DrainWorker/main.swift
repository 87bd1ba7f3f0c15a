import Bootstrap
import Logging
import Marketplace
import RedisClient
import ServiceLifecycle
import Streams

// `DrainWorker nothing|insert`: a worker whose work is next to none, to see what the streams and the engine cost by
// themselves. It takes the commands of the pool `users`, so it is given a database and a key prefix of its own.
//
//   nothing   commands that do nothing: the consumer alone, which reads, acknowledges and deletes
//   insert    commands that insert one row each: the engine, with inbox, transaction and reply like any other command's
await Launch.main("DrainWorker") {
    let settings = try Settings.workers([.users])
    let logger = Launch.logging(settings.process, label: "drain")
    let redis = RedisClient(settings.redis, name: "drain", logger: logger)
    let keys = Keys(prefix: settings.redis.keyPrefix)
    var consumption = ConsumerSettings()
    consumption.batchSize = settings.work.batchSize
    let consumer = StreamConsumer(
        service: .users, redis: redis,
        blocking: RedisClient(settings.redis, role: .blocking, name: "drain", logger: logger), keys: keys,
        settings: consumption, logger: logger)
    if CommandLine.arguments.last == "nothing" {
        let service = ConsumerService(consumer: consumer) { batch in batch.entries.map { _ in .done } }
        try await Launch.run([service], logger: logger)
    } else {
        let databases = try await DatabasePools(settings.databases, for: .working, name: "drain", logger: logger)
        guard let pool = databases.pool(of: .users) else { preconditionFailure("the pool users has a database") }
        let clock = DatabaseClock(pool: pool, logger: logger)
        try await clock.ask()
        let engine = Engine(
            handler: InsertingHandler(), pool: pool, clock: clock, consumer: consumer,
            stream: EventStream(service: .users, redis: redis, keys: keys), bound: StreamBound(), logger: logger)
        try await Launch.run(engine.services.all, logger: logger)
        await databases.close()
    }
    await redis.close()
}
