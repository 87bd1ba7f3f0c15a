package import Bootstrap
package import Marketplace
package import Storage
import Streams

/// Sends a command to a service when one of its timers is due.
///
/// It keeps only due times, in sorted sets of Redis. If these are lost, the sweeps of the services that own the timers
/// act on overdue rows, and set the timers again.
package struct ExpirationService: ServiceDefinition {
    package let name = ServiceName.expiration
    /// The services that declare timers, in the order of the registry.
    package var follows: [ServiceName] {
        let owners = Set(ServiceRegistry.timers.map(\.name.service))
        return ServiceRegistry.all.map(\.name).filter(owners.contains)
    }
    package let migrations: [Migration]? = nil

    package func workers(_ settings: SettingsReader) throws(SettingsError) -> WorkersBuilder {
        { process in
            let timers = ServiceRegistry.timers.map(process.active)
            let stream = EventStream(service: .expiration, redis: process.redis, keys: process.keys)
            let wakeup = Wakeup()
            let handler = TimerHandler(timers: timers, wakeup: wakeup)
            // One batch at a time, so that timers are set and cleared in the order of the events.
            let consumer = process.consumer(of: .expiration) { $0.batchesInFlight = 1 }
            return WorkerServices(
                background: [
                    ExpirationRetentionPruner(
                        stream: stream,
                        deadLetters: DeadLetters(service: .expiration, redis: process.redis, keys: process.keys),
                        followers: process.topology.followers(of: .expiration), logger: process.logger),
                    PreviousBuildTimers(
                        redis: process.redis, key: process.keys.previousBuildTimers,
                        holds: Timers(TimerName(.orders, .hold), redis: process.redis, keys: process.keys),
                        logger: process.logger),
                    TimerScheduler(timers: timers, wakeup: wakeup, logger: process.logger),
                ],
                consumers: [ConsumerService(consumer: consumer, handle: handler.handle)])
        }
    }
}
