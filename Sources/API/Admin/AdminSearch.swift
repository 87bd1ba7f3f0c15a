import Hummingbird
import Marketplace

/// The form above a list for admins, and what its address asks for.
struct AdminSearch<Status: RawRepresentable & Sendable>: Sendable where Status.RawValue == String {
    let form: FormFields
    /// Nothing, where something is wrong with what was asked for.
    let filters: AdminFilters<Status>

    init(_ request: Request) {
        let q = request.uri.queryParameters["q"].map(String.init) ?? ""
        let status = request.uri.queryParameters["status"].map(String.init) ?? ""
        var form = FormFields(["q": q, "status": status])
        do {
            filters = try AdminFilters(q: q, status: status)
        } catch {
            form.take(error)
            filters = AdminFilters()
        }
        self.form = form
    }

    /// As it stands in the address of another page of the list.
    var query: [(String, String?)] { [("q", filters.q), ("status", filters.status?.rawValue)] }

    func fields(_ label: String, hint: String, all: String, choices: [Field.Choice]) -> [View] {
        let q = Field(
            "q", label, .input("search"), hint: hint, isOptional: true, attributes: [("autocomplete", "off")],
            in: form)
        let status = Field(
            "status", "State", .select([.init(value: "", text: all)] + choices), isOptional: true, in: form)
        return [q, status].map { field in
            var view = field.view
            // Who searches knows.
            view["optional"] = nil
            return view
        }
    }
}
