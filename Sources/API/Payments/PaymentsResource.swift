import Bootstrap
import Hummingbird

/// `/api/payments` and Stripe's webhook.
struct PaymentsResource: Resource {
    let openAPI: [UInt8]? = PackageResources.payments_json

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        PaymentRoutes(gateway: dependencies.gateway, orders: dependencies.orders, keys: dependencies.keys)
            .add(to: groups.api.group("/api/payments"))

        // No middleware: Stripe's signature authenticates the request.
        let webhook = StripeWebhook(
            gateway: dependencies.gateway, secrets: dependencies.web.stripeWebhookSecrets.map(\.exposed))
        groups.root.post("/webhooks/stripe") { request, context in try await webhook.handle(request, context) }
    }
}
