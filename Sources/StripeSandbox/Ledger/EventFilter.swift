/// The filters that only the list of events has. https://docs.stripe.com/api/events/list
struct EventFilter: Sendable {
    private static let maxTypes = 20

    /// Names of event types. An asterisk at the end matches any ending.
    private let types: [String]
    /// True to list only events that every endpoint has received, false to list only the others, `nil` to list all.
    private let isDelivered: Bool?

    init(_ parameters: Parameters) throws(StripeFailure) {
        let type = try parameters.string("type")
        let types = try parameters.strings("types")
        guard type == nil || types.isEmpty else {
            throw .invalid("You may pass either `type` or `types`, but not both.", parameter: "types")
        }
        guard types.count <= Self.maxTypes else {
            throw .invalid("You may pass up to \(Self.maxTypes) types.", parameter: "types")
        }
        self.types = type.map { [$0] } ?? types
        isDelivered = try parameters.boolean("delivery_success")
    }

    func matches(_ event: EventRecord) -> Bool {
        if let isDelivered, isDelivered != (event.pendingWebhooks == 0) { return false }
        return types.isEmpty
            || types.contains { type in
                type.hasSuffix("*") ? event.type.hasPrefix(type.dropLast()) : event.type == type
            }
    }
}
