import FoundationEssentials

/// The idempotency key of a form: created when the form is rendered, sent as its field `key`, and used as the request's
/// `Idempotency-Key`. A double click, a reload and the back button send the same key again, so they take effect once.
enum FormKey {
    static let name = "key"

    static func make() -> String { UUID().uuidString }
}

extension FormFields {
    /// `nil` if the form has no key or the key is not a UUID.
    var key: IdempotencyKey? { UUID(uuidString: self[FormKey.name]).map { IdempotencyKey(text: $0.uuidString) } }
}
