public import Logging

/// Settings that all processes share.
public struct ProcessSettings: Sendable {
    public enum Environment: String, CaseIterable, Sendable {
        case production, development
    }

    public enum LogFormat: String, CaseIterable, Sendable {
        case json, text
    }

    public let environment: Environment
    public let logFormat: LogFormat
    public let logLevel: Logger.Level

    init(_ reader: SettingsReader) throws(SettingsError) {
        environment = try reader.choice(.environment, default: .production)
        logFormat = try reader.choice(.logFormat, default: environment == .production ? .json : .text)
        logLevel = try reader.choice(.logLevel, default: .info)
    }
}
