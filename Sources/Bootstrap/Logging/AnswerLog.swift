public import Logging
import Marketplace

/// The line of each request that is answered. A busy process says it thousands of times a second, so where lines are
/// JSON it is put together as it will stand, rather than from a dictionary that is copied, merged and sorted.
public struct AnswerLog: Sendable {
    private let logger: Logger
    /// Nil where the line has to be made like any other.
    private let lines: LineLogHandler?

    public init(_ logger: Logger) {
        self.logger = logger
        lines = (logger.handler as? LineLogHandler).flatMap { $0.isPlainJSON ? $0 : nil }
    }

    public func write(_ answer: Answer, level: Logger.Level) {
        guard level >= logger.logLevel else { return }
        guard let lines else { return logger.log(level: level, "answered", metadata: answer.metadata) }
        lines.write(answer.line(time: .now(), level: level, label: logger.label), level: level)
    }
}

extension AnswerLog {
    /// What is said of an answer.
    public struct Answer: Sendable {
        let method: String
        let route: String
        let status: String
        let milliseconds: String
        let requestID: String
        let traceID: String

        public init(
            method: String, route: String, status: String, milliseconds: String, requestID: String, traceID: String
        ) {
            self.method = method
            self.route = route
            self.status = status
            self.milliseconds = milliseconds
            self.requestID = requestID
            self.traceID = traceID
        }

        var metadata: Logger.Metadata {
            [
                "method": .string(method), "ms": .string(milliseconds), "request": .string(requestID),
                "route": .string(route), "status": .string(status), "trace": .string(traceID),
            ]
        }

        /// As ``LogLine`` would write it with the metadata, which it sorts by their names.
        func line(time: Timestamp, level: Logger.Level, label: String) -> String {
            var line = LogLine.beginning(time: time, level: level, label: label, message: "answered")
            add("method", method, to: &line)
            add("ms", milliseconds, to: &line)
            add("request", requestID, to: &line)
            add("route", route, to: &line)
            add("status", status, to: &line)
            add("trace", traceID, to: &line)
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
