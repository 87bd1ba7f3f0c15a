/// A setting that is missing or wrong: one line that names the variable and says what to do.
public struct SettingsError: Error, CustomStringConvertible, Equatable {
    public let variable: String
    public let advice: String

    public var description: String { "\(variable): \(advice)" }

    static func missing(_ variable: Variable) -> SettingsError {
        SettingsError(variable: variable.name, advice: "is not set; set it to \(variable.kind).")
    }

    /// - Parameter advice: What to give instead, as a sentence's end: "give a whole number …".
    static func wrong(_ variable: Variable, _ value: String, _ advice: String) -> SettingsError {
        let shown = variable.isSecret ? "its value (not shown)" : "“\(value.prefix(80))”"
        return SettingsError(variable: variable.name, advice: "\(shown) can't be used; \(advice).")
    }
}

extension Variable {
    /// "a URL", "seconds", for messages.
    fileprivate var kind: String {
        let plain = unit.replacing("`", with: "")
        return plain == "URL" ? "a URL" : plain
    }
}
