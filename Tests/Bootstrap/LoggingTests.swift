import Foundation
import Logging
import Synchronization
import Testing

@testable import Bootstrap

@Suite struct LoggingTests {
    private final class Lines: Sendable {
        let written = Mutex<[String]>([])
    }

    private func logged(_ format: ProcessSettings.LogFormat, _ body: (Logger) -> Void) -> [String] {
        let lines = Lines()
        let logger = Logger(label: "API") { label in
            LineLogHandler(label: label, format: format, level: .debug) { line, _ in
                lines.written.withLock { $0.append(line) }
            }
        }
        body(logger)
        return lines.written.withLock { $0 }
    }

    @Test func anEntryIsOneLineOfJSON() throws {
        let lines = logged(.json) { logger in
            logger.info(
                "said \"no\"\nfake line\u{1b}[31m\u{7f}",
                metadata: ["order": "o-1", "count": .stringConvertible(3), "level": "mine", "ids": ["a", "b"]])
        }
        try #require(lines.count == 1)
        #expect(lines[0].filter { $0 == "\n" }.count == 1)
        #expect(lines[0].utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x0a })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(object["message"] as? String == "said \"no\"\nfake line\u{1b}[31m\u{7f}")
        #expect(object["level"] as? String == "info")
        #expect(object["level_"] as? String == "mine")
        #expect(object["logger"] as? String == "API")
        #expect(object["order"] as? String == "o-1")
        #expect(object["count"] as? Int == 3)
        #expect(object["ids"] as? [String] == ["a", "b"])
        #expect((object["time"] as? String)?.hasSuffix("Z") == true)
    }

    @Test(arguments: [ProcessSettings.LogFormat.json, .text])
    func aRequestLineIsLikeAnyOther(format: ProcessSettings.LogFormat) throws {
        let entry = AccessLog.Entry(
            method: "GET", route: "/a/:b", status: 409, milliseconds: 0.25, client: "203.0.113.0/24", user: "u-1",
            problem: "sold-out", requestID: "r-\"1\"\n", traceID: "t-1")
        let lines = logged(format) { logger in
            AccessLog(logger).write(entry, level: .info)
            logger.info("Request", metadata: entry.metadata)
            AccessLog(logger).write(entry, level: .trace)
        }
        try #require(lines.count == 2)
        // Compare without the times.
        let ends = lines.map { $0.dropFirst(format == .json ? 34 : 12) }
        #expect(ends[0] == ends[1])
    }

    @Test func aRequestLineHasTheMetadataOfItsLogger() {
        let lines = logged(.json) { logger in
            var logger = logger
            logger[metadataKey: "node"] = "n-1"
            AccessLog(logger).write(
                .init(
                    method: "GET", route: "/", status: 200, milliseconds: 1, client: "::1", requestID: "r",
                    traceID: "t"), level: .info)
        }
        #expect(lines.count == 1 && lines[0].contains(#""node":"n-1""#))
    }

    @Test func anEntryIsOneLineOfText() throws {
        let lines = logged(.text) { logger in
            logger.warning("deferred\r\nOK", metadata: ["why": "copy behind", "order": "o-1", "body": "a\u{202e}b"])
            logger.trace("below the level")
        }
        try #require(lines.count == 1)
        #expect(
            lines[0].dropFirst(12)
                == " warning API: deferred\\u000d\\nOK  body=a\\u202eb order=o-1 why=\"copy behind\"\n")
    }
}
