import Marketplace

/// The filters of a list for admins.
struct AdminFilters<Status: RawRepresentable & Sendable>: Sendable where Status.RawValue == String {
    /// The text to search for, such as an id or an e-mail address; `nil` if empty.
    let q: String?
    let status: Status?

    /// Maximum length in Unicode scalars. No address or id is longer.
    static var textLimit: Int { 254 }

    /// - Parameter status: empty if none was chosen in a form.
    /// - Throws: ``Problem`` (400) for a text that is too long or contains control characters, and for an unknown
    ///   status.
    init(q text: String?, status: String?) throws(Problem) {
        let q = (text ?? "").trimmed
        guard q.unicodeScalars.count <= Self.textLimit, !q.unicodeScalars.contains(where: \.isDisallowedInText) else {
            throw .invalid("must have at most \(Self.textLimit) characters, without control characters", field: "q")
        }
        self.q = q.isEmpty ? nil : q
        if let text = status, !text.isEmpty {
            guard let known = Status(rawValue: text) else { throw .invalid("is not a known status", field: "status") }
            self.status = known
        } else {
            self.status = nil
        }
    }

    /// No filter.
    init() {
        q = nil
        status = nil
    }

    /// The parameters of a URL with these filters.
    var query: [(String, String?)] { [("q", q), ("status", status?.rawValue)] }

    /// Identifies the filters in the name of the list that a cursor belongs to.
    var text: String { String(URLEncoding.query(query).dropFirst()) }
}
