package import Marketplace
package import Storage

extension OutboxEvent {
    /// Creates the outbox row of a decided event, with a new id.
    ///
    /// - Parameter trace: The W3C traceparent of the message that caused it, or an empty string.
    package init(_ event: NewEvent, trace: String, at now: Timestamp) throws {
        self.init(
            id: .v7(at: now), type: event.type.rawValue, at: now, subject: event.subject, version: event.version,
            trace: trace, body: try JSONBody.encode(event.body))
    }
}
