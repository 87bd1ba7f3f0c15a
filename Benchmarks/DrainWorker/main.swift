import Bootstrap
import Logging
import Marketplace
import RedisClient
import ServiceLifecycle
import Services
import Streams

// `DrainWorker nothing|insert`: a worker that does almost nothing, to measure the cost of the streams and the engine.
// It handles the commands of the service `users`, so it needs its own database and key prefix.
//
//   nothing   commands without effect: only the consumer, which reads, acknowledges and deletes
//   insert    commands that insert one row each: the engine, with inbox, transaction and reply
await Launch.main("DrainWorker") {
    let settings = try Settings.workers(SettingsReader(), schemas: [.users], services: 1)
    let logger = Launch.logging(settings.process, label: "drain")
    let redis = RedisClient(settings.redis, name: "drain", logger: logger)
    let keys = Keys(prefix: settings.redis.keyPrefix)
    var consumerSettings = ConsumerSettings()
    consumerSettings.batchSize = settings.work.batchSize
    let consumer = StreamConsumer(
        service: .users, redis: redis,
        blocking: RedisClient(settings.redis, role: .blocking, name: "drain", logger: logger), keys: keys,
        settings: consumerSettings, logger: logger)
    if CommandLine.arguments.last == "nothing" {
        let service = ConsumerService(consumer: consumer) { batch in batch.entries.map { _ in .done } }
        try await Launch.run([service], logger: logger)
    } else {
        let databases = try await DatabasePools(settings.databases, for: .working, name: "drain", logger: logger)
        guard let pool = databases.pool(of: .users) else {
            preconditionFailure("the settings name no database of the service users")
        }
        let clock = DatabaseClock(pool: pool, logger: logger)
        try await clock.ask()
        let engine = ServiceEngine(
            handler: InsertingHandler(), pool: pool, clock: clock, consumer: consumer,
            senders: CommandSenders(
                authenticator: CommandAuthenticator(secrets: settings.work.signingSecrets.map(\.exposed))),
            stream: EventStream(service: .users, redis: redis, keys: keys),
            deadLetters: DeadLetters(service: .users, redis: redis, keys: keys),
            followers: ServiceRegistry.topology.followers(of: .users), bound: StreamBound(), logger: logger)
        try await Launch.run(engine.services.all, logger: logger)
        await databases.close()
    }
    await redis.close()
}
