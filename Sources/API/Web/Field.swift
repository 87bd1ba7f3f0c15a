/// A field of a form, with what was typed and what is wrong with it: what the template `field` shows.
struct Field: Sendable {
    enum Control: Sendable {
        /// `<input type="…">`
        case input(String)
        case textarea(rows: Int)
        case select([Choice])
    }

    /// One of a list to choose from.
    struct Choice: Sendable {
        var value: String
        var text: String
    }

    let name: String
    let label: String
    var hint: String?
    var isOptional = false
    var control = Control.input("text")
    /// Others of the element: `("autocomplete", "email")`. One with an empty value stands by its name alone.
    var attributes: [(String, String)] = []
    /// What it holds. A password is never given back.
    var value = ""
    var fault: String?

    init(
        _ name: String, _ label: String, _ control: Control = .input("text"), hint: String? = nil,
        isOptional: Bool = false, attributes: [(String, String)] = [], in form: FormFields
    ) {
        self.name = name
        self.label = label
        self.control = control
        self.hint = hint
        self.isOptional = isOptional
        self.attributes = attributes
        value = form[name]
        fault = form.fault(of: name)
    }

    var view: View {
        var described: [String] = []
        if hint != nil { described.append("\(name)-hint") }
        if fault != nil { described.append("\(name)-error") }
        var view: View = [
            "name": name, "label": label, "hint": hint, "optional": isOptional, "required": !isOptional,
            "error": fault, "described": described.isEmpty ? nil : described.joined(separator: " "),
            "attributes": attributes.map { ["name": $0, "value": $1.isEmpty ? nil : $1] as View },
            "value": value, "input": nil, "textarea": nil, "select": nil,
        ]
        switch control {
        case .input(let type):
            view["input"] = type
            if type == "password" { view["value"] = nil }
        case .textarea(let rows): view["textarea"] = rows
        case .select(let choices):
            view["select"] = ["choices": choices.map(choice)] as View
        }
        return view
    }

    private func choice(_ choice: Choice) -> View {
        ["value": choice.value, "text": choice.text, "selected": choice.value == value]
    }
}

extension FormFields {
    /// What the template `error-summary` shows above a form; nil when nothing is wrong.
    var summary: View? {
        guard !isRight else { return nil }
        return ["faults": faults.map { ["field": $0.field, "message": $0.message] as View }]
    }
}
