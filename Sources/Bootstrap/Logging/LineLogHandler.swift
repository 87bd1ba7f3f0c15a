import Logging
import Marketplace

/// Writes each log entry as one line to standard output, where hosts and foreman collect it.
struct LineLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: ProcessSettings.LogFormat
    private let write: @Sendable (String, Logger.Level) -> Void

    /// True if lines are JSON, and the handler adds no metadata.
    var isPlainJSON: Bool { format == .json && metadata.isEmpty && metadataProvider == nil }

    init(
        label: String, format: ProcessSettings.LogFormat, level: Logger.Level,
        metadataProvider: Logger.MetadataProvider? = nil,
        write: @escaping @Sendable (String, Logger.Level) -> Void = LineLogHandler.write
    ) {
        self.label = label
        self.format = format
        self.logLevel = level
        self.metadataProvider = metadataProvider
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let given = event.metadata { all.merge(given) { _, new in new } }
        if let error = event.error { all["error"] = "\(error)" }
        let line = LogLine(time: .now(), level: event.level, label: label, message: "\(event.message)", metadata: all)
        write((format == .json ? line.json : line.text) + "\n", level: event.level)
    }

    /// Writes a line.
    ///
    /// - Parameter line: The line, with its line break.
    func write(_ line: String, level: Logger.Level) { write(line, level) }

    /// Writes notices, warnings and errors immediately. Other entries, such as the line of each request, are collected
    /// for some milliseconds.
    private static func write(_ line: String, of level: Logger.Level) {
        if level >= .notice { StandardOutput.write(line) } else { StandardOutput.writeSoon(line) }
    }
}
