import Marketplace

/// What a list for admins is narrowed down to.
struct AdminFilters<Status: RawRepresentable & Sendable>: Sendable where Status.RawValue == String {
    /// Nil when nothing was typed.
    let q: String?
    let status: Status?

    /// In Unicode scalars: longer than any address or id.
    static var textLimit: Int { 254 }

    /// What was asked for; empty is what was not chosen in a form.
    init(q text: String?, status: String?) throws(Problem) {
        let q = (text ?? "").trimmed
        guard q.unicodeScalars.count <= Self.textLimit, !q.unicodeScalars.contains(where: \.isUnwelcome) else {
            throw .invalid("must have at most \(Self.textLimit) characters, and no control characters", field: "q")
        }
        self.q = q.isEmpty ? nil : q
        if let text = status, !text.isEmpty {
            guard let known = Status(rawValue: text) else { throw .invalid("is not a status", field: "status") }
            self.status = known
        } else {
            self.status = nil
        }
    }

    /// Everything.
    init() {
        q = nil
        status = nil
    }

    /// As they stand in the address of the next page.
    var query: [(String, String)] {
        [("q", q), ("status", status?.rawValue)].compactMap { name, value in value.map { (name, URLText.encoded($0)) } }
    }

    /// For the name of the list that a cursor is of.
    var text: String { query.map { "\($0)=\($1)" }.joined(separator: "&") }
}
