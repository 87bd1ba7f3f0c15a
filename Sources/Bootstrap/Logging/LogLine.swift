import Logging
import Marketplace

/// Renders a log entry as one line.
///
/// An entry can contain anything that a user sent. Control characters are escaped, so that no value can forge a line or
/// control a terminal.
struct LogLine {
    let time: Timestamp
    let level: Logger.Level
    let label: String
    let message: String
    let metadata: Logger.Metadata

    /// The entry as JSON, with the metadata as further members:
    /// `{"time":"…","level":"info","logger":"API","message":"…", …}`.
    var json: String {
        var line = Self.linePrefix(time: time, level: level, label: label, message: message)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += ","
            Self.appendJSON(Self.reserved.contains(key) ? key + "_" : key, to: &line)
            line += ":"
            Self.appendJSON(value, to: &line)
        }
        line += "}"
        return line
    }

    /// Returns the members that every JSON line starts with, without the closing brace.
    static func linePrefix(time: Timestamp, level: Logger.Level, label: String, message: String) -> String {
        var line = ""
        line.reserveCapacity(384)
        line += "{\"time\":\""
        line += time.description
        line += "\",\"level\":\""
        line += level.rawValue
        line += "\",\"logger\":"
        appendJSON(label, to: &line)
        line += ",\"message\":"
        appendJSON(message, to: &line)
        return line
    }

    /// The entry as text: `14:03:22.120 info    API: message  key=value key=value`.
    var text: String {
        let clock = time.description.dropFirst(11).dropLast()
        var line = "\(clock) \(level.rawValue.padding(to: 8))\(Self.printable(label)): \(Self.printable(message))"
        for (index, (key, value)) in metadata.sorted(by: { $0.key < $1.key }).enumerated() {
            line += index == 0 ? "  " : " "
            line += Self.printable(key) + "=" + Self.quotedIfNeeded(value)
        }
        return line
    }

    private static let reserved: Set<String> = ["time", "level", "logger", "message"]

    private static func appendJSON(_ value: Logger.MetadataValue, to line: inout String) {
        switch value {
        case .string(let string):
            appendJSON(string, to: &line)
        case .stringConvertible(let convertible):
            switch convertible {
            case let number as any FixedWidthInteger: line += "\(number)"
            case let number as Double where number.isFinite: line += "\(number)"
            case let flag as Bool: line += "\(flag)"
            default: appendJSON(convertible.description, to: &line)
            }
        case .array(let values):
            line += "["
            for (index, value) in values.enumerated() {
                if index > 0 { line += "," }
                appendJSON(value, to: &line)
            }
            line += "]"
        case .dictionary(let values):
            line += "{"
            for (index, (key, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line += "," }
                appendJSON(key, to: &line)
                line += ":"
                appendJSON(value, to: &line)
            }
            line += "}"
        }
    }

    static func appendJSON(_ string: String, to line: inout String) {
        line += "\""
        defer { line += "\"" }
        if string.utf8.allSatisfy(isPlain) { return line += string }
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case _ where mustBeEscaped(scalar): line += "\\u" + hex(scalar)
            default: line.unicodeScalars.append(scalar)
            }
        }
    }

    /// True for printable ASCII that JSON does not escape. Most logged bytes are of this kind.
    private static func isPlain(_ byte: UInt8) -> Bool {
        0x20...0x7e ~= byte && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func quotedIfNeeded(_ value: Logger.MetadataValue) -> String {
        let shown = printable("\(value)")
        let isPlain = !shown.isEmpty && !shown.contains { $0 == " " || $0 == "=" || $0 == "\"" }
        return isPlain ? shown : "\"\(shown.replacing("\"", with: "\\\""))\""
    }

    /// Returns the text with its control characters escaped.
    static func printable(_ string: String) -> String {
        guard string.unicodeScalars.contains(where: mustBeEscaped) else { return string }
        var shown = ""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\n": shown += "\\n"
            case "\t": shown += "\\t"
            case _ where mustBeEscaped(scalar): shown += "\\u" + hex(scalar)
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// True for control characters (C0, DEL, C1), Unicode's line and paragraph separators, and the marks that change
    /// the direction of text.
    private static func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    /// Returns four digits. Every escaped scalar is below U+10000.
    private static func hex(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }
}
