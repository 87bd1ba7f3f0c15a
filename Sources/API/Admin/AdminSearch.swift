import Hummingbird
import Marketplace

/// The search form above an admin list, and the filters from the URL.
struct AdminSearch<Status: RawRepresentable & Sendable>: Sendable where Status.RawValue == String {
    let form: FormFields
    /// Empty if the form is invalid.
    let filters: AdminFilters<Status>

    init(_ request: Request) {
        let given = FormFields(query: request.uri.query)
        var form = FormFields(["q": given["q"], "status": given["status"]])
        do {
            filters = try AdminFilters(q: form["q"], status: form["status"])
        } catch {
            form.addFaults(of: error)
            filters = AdminFilters()
        }
        self.form = form
    }

    /// The query for the other pages of the list.
    var query: [(String, String?)] { filters.query }

    func fields(
        _ label: String, hint: String, stateLabel: String = "State", all: String, choices: [Field.Choice]
    ) -> [View] {
        let q = Field(
            "q", label, .input("search"), hint: hint, isOptional: true, attributes: [("autocomplete", "off")],
            in: form)
        let status = Field(
            "status", stateLabel, .select([.init(value: "", text: all)] + choices), isOptional: true, in: form)
        return [q, status].map { field in
            var view = field.view
            // All search fields are optional, so none is marked as optional.
            view["optional"] = nil
            return view
        }
    }
}
