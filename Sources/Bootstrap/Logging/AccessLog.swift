public import Logging
import Marketplace

/// Writes one log line for each request. A busy process writes thousands of lines a second, so a JSON line is assembled
/// directly, and not from a dictionary that is copied, merged and sorted.
public struct AccessLog: Sendable {
    private let logger: Logger
    /// `nil` if the logger must write the lines.
    private let lines: LineLogHandler?

    public init(_ logger: Logger) {
        self.logger = logger
        lines = (logger.handler as? LineLogHandler).flatMap { $0.isPlainJSON ? $0 : nil }
    }

    public func write(_ entry: Entry, level: Logger.Level) {
        guard level >= logger.logLevel else { return }
        guard let lines else { return logger.log(level: level, "\(Entry.message)", metadata: entry.metadata) }
        lines.write(entry.line(time: .now(), level: level, label: logger.label), level: level)
    }
}

extension AccessLog {
    /// The fields of a line.
    public struct Entry: Sendable {
        static let message = "Request"

        let method: String
        let route: String
        let status: Int
        let milliseconds: Double
        /// The client's network.
        let client: String
        /// The id of the user, if known.
        let user: String?
        /// The code of the problem, if the request was refused or failed.
        let problem: String?
        let requestID: String
        let traceID: String

        public init(
            method: String, route: String, status: Int, milliseconds: Double, client: String, user: String? = nil,
            problem: String? = nil, requestID: String, traceID: String
        ) {
            self.method = method
            self.route = route
            self.status = status
            self.milliseconds = milliseconds
            self.client = client
            self.user = user
            self.problem = problem
            self.requestID = requestID
            self.traceID = traceID
        }

        var metadata: Logger.Metadata {
            var metadata: Logger.Metadata = [
                "client": .string(client), "method": .string(method), "ms": .stringConvertible(milliseconds),
                "request": .string(requestID), "route": .string(route), "status": .stringConvertible(status),
                "trace": .string(traceID),
            ]
            if let problem { metadata["problem"] = .string(problem) }
            if let user { metadata["user"] = .string(user) }
            return metadata
        }

        /// Returns the line that ``LogLine`` would write with the metadata, sorted by name.
        func line(time: Timestamp, level: Logger.Level, label: String) -> String {
            var line = LogLine.linePrefix(time: time, level: level, label: label, message: Self.message)
            add("client", client, to: &line)
            add("method", method, to: &line)
            line += ",\"ms\":\(milliseconds)"
            if let problem { add("problem", problem, to: &line) }
            add("request", requestID, to: &line)
            add("route", route, to: &line)
            line += ",\"status\":\(status)"
            add("trace", traceID, to: &line)
            if let user { add("user", user, to: &line) }
            line += "}\n"
            return line
        }

        private func add(_ name: String, _ value: String, to line: inout String) {
            line += ",\""
            line += name
            line += "\":"
            LogLine.appendJSON(value, to: &line)
        }
    }
}
