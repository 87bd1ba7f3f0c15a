/// An event, with a snapshot of its object.
struct EventRecord: Sendable {
    let id: String
    let type: String
    let created: Int64
    let object: Snapshot
    let requestID: String?
    let idempotencyKey: String?
    let apiVersion: String
    var pendingWebhooks: Int

    var json: JSON {
        [
            "id": .string(id), "object": "event", "api_version": .string(apiVersion), "created": .int(created),
            "data": ["object": object.json], "livemode": false, "pending_webhooks": .int(Int64(pendingWebhooks)),
            "request": ["id": .optional(requestID), "idempotency_key": .optional(idempotencyKey)],
            "type": .string(type),
        ]
    }
}
