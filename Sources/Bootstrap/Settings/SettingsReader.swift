import Configuration
import FoundationEssentials

/// Reads single variables. Errors describe a correct value.
public struct SettingsReader: Sendable {
    private let config: ConfigReader

    /// - Parameter variables: The variables, or `nil` for the process's environment.
    public init(_ variables: [String: String]? = nil) {
        let names = Set(Variable.all.filter(\.isSecret).map(\.name))
        let secrets = SecretsSpecifier<String, String>.dynamic { name, _ in
            names.contains(name) || name.hasSuffix("DATABASE_URL")
        }
        let provider =
            if let variables {
                EnvironmentVariablesProvider(environmentVariables: variables, secretsSpecifier: secrets)
            } else {
                EnvironmentVariablesProvider(secretsSpecifier: secrets)
            }
        config = ConfigReader(provider: provider)
    }

    /// Returns the value, or `nil` if the variable is not set. An empty value counts as not set, because many hosts
    /// can't unset a variable.
    public func text(_ variable: Variable) -> String? {
        let value = config.string(forKey: ConfigKey([variable.name]), isSecret: variable.isSecret)
        guard let value, !value.isEmpty else { return nil }
        return value
    }

    public func required(_ variable: Variable) throws(SettingsError) -> String {
        guard let value = text(variable) else { throw .missing(variable) }
        return value
    }

    public func integer(_ variable: Variable, default fallback: Int, in range: ClosedRange<Int>) throws(SettingsError)
        -> Int
    {
        guard let value = text(variable) else { return fallback }
        guard let number = Int(value), range.contains(number) else {
            throw .wrong(variable, value, "give a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Reads a limit. Returns `nil` for 0, which means no limit.
    public func limit(
        _ variable: Variable, default fallback: Int, upTo most: Int
    ) throws(SettingsError) -> Int? {
        let value = try integer(variable, default: fallback, in: 0...most)
        return value == 0 ? nil : value
    }

    public func seconds(
        _ variable: Variable, default fallback: Int, in range: ClosedRange<Int>
    ) throws(SettingsError) -> Duration {
        try .seconds(integer(variable, default: fallback, in: range))
    }

    public func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ variable: Variable, default fallback: Value
    ) throws(SettingsError) -> Value {
        guard let value = text(variable) else { return fallback }
        guard let choice = Value(rawValue: value) else {
            let choices = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw .wrong(variable, value, "give one of \(choices)")
        }
        return choice
    }

    public func flag(_ variable: Variable, default fallback: Bool) throws(SettingsError) -> Bool {
        switch text(variable) {
        case nil: fallback
        case "true", "1", "yes": true
        case "false", "0", "no": false
        case let value?: throw .wrong(variable, value, "give true or false")
        }
    }

    /// Returns the path of a readable file, or `nil` if the variable is not set.
    func file(_ variable: Variable) throws(SettingsError) -> String? {
        guard let path = text(variable) else { return nil }
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw .wrong(variable, path, "give the path of a file that this process can read")
        }
        return path
    }

    /// Checks an `http` or `https` origin, and returns it without a trailing slash.
    public func origin(_ variable: Variable, _ value: String) throws(SettingsError) -> String {
        let advice = "give only scheme, host and port, for example https://tickets.example.com"
        guard let url = URL(string: value), url.scheme == "http" || url.scheme == "https",
            let host = url.host(), !host.isEmpty,
            url.path().isEmpty || url.path() == "/", url.query() == nil, url.fragment() == nil,
            url.user() == nil
        else { throw .wrong(variable, value, advice) }
        return value.hasSuffix("/") ? String(value.dropLast()) : value
    }

    /// Reads the secrets that sign tokens and encrypt commands. The first secret signs and encrypts; all of them verify
    /// and decrypt.
    public func signingSecrets() throws(SettingsError) -> [Secret] {
        let secrets = try secrets(.signingSecret, minimumLength: 32)
        let isProduction = try ProcessSettings(self).environment == .production
        guard !isProduction || !secrets.contains(where: \.isGuessable) else {
            throw .wrong(
                .signingSecret, "",
                "it has a pattern; give random characters, such as the output of openssl rand -hex 32")
        }
        return secrets
    }

    /// Reads secrets that are separated by commas. The first secret signs.
    public func secrets(_ variable: Variable, minimumLength: Int) throws(SettingsError) -> [Secret] {
        let value = try required(variable)
        let parts = value.split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.trimmingPrefix(while: \.isWhitespace) }
        guard parts.allSatisfy({ $0.count >= minimumLength }) else {
            throw .wrong(
                variable, value, "give \(minimumLength) characters or more for each secret, and commas between secrets")
        }
        return parts.map { Secret(String($0)) }
    }
}
