import FoundationEssentials

/// Tells two sendings of one form from two forms: made with the form, sent along as `key`, and used as its request's
/// `Idempotency-Key`. A double click, a reload and the back button send the same one again, and do nothing twice.
enum FormKey {
    static let name = "key"

    static func make() -> String { UUID().uuidString }
}

extension FormFields {
    /// Nil when the form has none, or none that was made for a form.
    var key: IdempotencyKey? { UUID(uuidString: self[FormKey.name]).map { IdempotencyKey(text: $0.uuidString) } }
}
