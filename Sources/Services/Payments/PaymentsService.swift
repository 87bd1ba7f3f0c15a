package import Bootstrap
import CurlClient
package import Marketplace
package import PostgresClient
package import Storage
import Streams
import Stripe

/// Keeps the attempts to pay orders through Stripe.
package struct PaymentsService: ServiceDefinition {
    package let name = ServiceName.payments
    package let follows: [ServiceName] = [.orders]

    package let migrations: [Migration]? = [
        Migration(.payments, "V0004_payments", PackageResources.V0004_payments_sql),
        Migration(.payments, "V0014_stuck_calls", PackageResources.V0014_stuck_calls_sql),
        Migration(
            .payments, "V0019_requests_of_ended_calls", PackageResources.V0019_requests_of_ended_calls_sql),
    ]

    package let copies: [any CopyDeclaration] = [PayableOrders()]

    /// A command to pay gets its reply when the checkout page is open. It never gets a reply if it is no longer in the
    /// table of waiting commands, or if the order has no active attempt.
    package func inboxRepair(on pool: PostgresPool) -> InboxRepair {
        InboxRepair(
            service: name, pool: pool,
            isAbandoned: """
                NOT EXISTS (
                    SELECT FROM payments.waiting
                    JOIN payments.attempts ON attempts.order_id = waiting.order_id
                    WHERE waiting.command_id = inbox.id AND attempts.state NOT IN ('dead', 'refunded'))
                """,
            release: { command in "DELETE FROM payments.waiting WHERE command_id = \(command)" })
    }

    package func workers(_ settings: SettingsReader) throws(SettingsError) -> WorkersBuilder {
        let stripe = try StripeSettings(settings)
        return { process in
            let interval = process.work.reconcileInterval
            let sender = ReplySender(redis: process.redis, keys: process.keys)
            let dependencies = PaymentsDependencies(
                store: PaymentsStore(
                    times: PaymentTimes(
                        firstPoll: interval, longestPoll: max(interval, PaymentTimes.defaultLongestPoll))),
                requests: StripeRequestBuilder(publicURL: stripe.publicURL),
                replies: PaymentReplies(post: { try await sender.send($0) }, logger: process.logger))
            let client = StripeClient(
                StripeConfiguration(secretKey: stripe.secretKey.exposed, apiBase: stripe.apiBase), curl: CurlClient())
            let engine = try process.engine(PaymentsHandler(dependencies))
            let caller = StripeCaller(logger: process.logger) { request throws(StripeError) in
                try await client.send(request)
            }
            let runner = EffectRunner(
                StripeEffects(dependencies, caller: caller), pool: engine.processor.pool,
                relay: engine.processor.relay, logger: process.logger, clock: engine.processor.clock)
            return engine.services + WorkerServices(background: [runner])
        }
    }
}
