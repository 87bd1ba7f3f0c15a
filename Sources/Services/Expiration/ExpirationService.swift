package import Bootstrap
import Engine
package import Marketplace
package import Storage
import Streams

/// Publishes the expiry of each hold when it is due.
///
/// It keeps the deadlines in a sorted set of Redis and nothing else. If they are lost, the sweep of the orders service
/// finds the overdue orders.
package struct ExpirationService: ServiceDefinition {
    package let name = ServiceName.expiration
    package let follows: [ServiceName] = [.orders]
    package let migrations: [Migration]? = nil

    package func workers(_ settings: SettingsReader) throws(SettingsError) -> WorkersBuilder {
        { process in
            let deadlines = Deadlines(redis: process.redis, keys: process.keys)
            let stream = EventStream(service: .expiration, redis: process.redis, keys: process.keys)
            let wakeup = Wakeup()
            let handler = ExpirationHandler(deadlines: deadlines, wakeup: wakeup)
            // One batch at a time, so that deadlines are set and cleared in the order of the events.
            let consumer = process.consumer(of: .expiration) { $0.batchesInFlight = 1 }
            return WorkerServices(
                background: [
                    ExpirationRetentionPruner(
                        stream: stream,
                        deadLetters: DeadLetters(service: .expiration, redis: process.redis, keys: process.keys),
                        followers: process.topology.followers(of: .expiration), logger: process.logger),
                    DeadlineScheduler(deadlines: deadlines, wakeup: wakeup, logger: process.logger),
                ],
                consumers: [ConsumerService(consumer: consumer, handle: handler.handle)])
        }
    }
}
