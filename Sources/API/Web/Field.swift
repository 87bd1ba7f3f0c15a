/// A form field with its value and its fault, for the template `field`.
struct Field: Sendable {
    enum Control: Sendable {
        /// `<input type="…">`
        case input(String)
        case textarea(rows: Int)
        case select([Choice])
    }

    /// An option of a `<select>`.
    struct Choice: Sendable {
        var value: String
        var text: String
    }

    let name: String
    let label: String
    var hint: String?
    var isOptional = false
    var control = Control.input("text")
    /// Further HTML attributes: `("autocomplete", "email")`. An attribute with an empty value is written as its name
    /// alone.
    var attributes: [(String, String)] = []
    /// The current value. A password is never sent back.
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
    /// The faults for the template `error-summary`, or `nil` if the form is valid.
    var summary: View? {
        guard !isValid else { return nil }
        return ["faults": faults.map { ["field": $0.field, "message": $0.message] as View }]
    }
}
