public import Logging

/// Settings that all processes share.
public struct ProcessSettings: Sendable {
    public enum Environment: String, CaseIterable, Sendable {
        case production, development
    }

    public enum LogFormat: String, CaseIterable, Sendable {
        case json, text
    }

    static let defaultEnvironment = Environment.production
    static let defaultLogLevel = Logger.Level.info

    static func defaultLogFormat(in environment: Environment) -> LogFormat {
        environment == .production ? .json : .text
    }

    public let environment: Environment
    public let logFormat: LogFormat
    public let logLevel: Logger.Level

    init(_ reader: SettingsReader) throws(SettingsError) {
        environment = try reader.choice(.environment, default: Self.defaultEnvironment)
        logFormat = try reader.choice(.logFormat, default: Self.defaultLogFormat(in: environment))
        logLevel = try reader.choice(.logLevel, default: Self.defaultLogLevel)
    }
}
