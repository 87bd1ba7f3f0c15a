/// A missing or wrong setting. Its description is one line with the name of the variable and the remedy.
public struct SettingsError: Error, CustomStringConvertible, Equatable {
    public let variable: String
    public let advice: String

    public var description: String { "\(variable): \(advice)" }

    static func missing(_ variable: Variable) -> SettingsError {
        SettingsError(variable: variable.name, advice: "is not set; set it to \(variable.kind).")
    }

    /// - Parameter advice: The end of the sentence, which describes a correct value: "give a whole number …".
    static func wrong(_ variable: Variable, _ value: String, _ advice: String) -> SettingsError {
        let shown = variable.isSecret ? "its value (not shown)" : "“\(value.prefix(80))”"
        return SettingsError(variable: variable.name, advice: "\(shown) can't be used; \(advice).")
    }
}

extension Variable {
    /// The unit in a message, such as "a URL" or "seconds".
    fileprivate var kind: String {
        let plain = unit.replacing("`", with: "")
        return plain == "URL" ? "a URL" : plain
    }
}
