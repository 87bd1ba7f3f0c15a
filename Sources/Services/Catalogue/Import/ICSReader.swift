import JSONCoding

/// Reads the lines of a calendar (RFC 5545). A long line is folded: it continues after a line break and a space or tab.
struct ICSReader {
    /// `DTSTART;TZID=Europe/Berlin:20270501T200000`
    struct Line: Hashable {
        /// The line of the file, counted from 1.
        var number: Int
        var name: String
        var parameters: [String: String]
        /// The value as it is in the file, with its escapes.
        var value: String

        /// The value of a text property (section 3.3.11), without its escapes.
        var text: String {
            var text = ""
            var isEscaped = false
            for character in value {
                if isEscaped {
                    text.append(character == "n" || character == "N" ? "\n" : character)
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else {
                    text.append(character)
                }
            }
            return ImportText.line(text)
        }
    }

    private let text: [UInt8]
    private var index: Int
    private var number = 1

    init(_ text: [UInt8]) {
        self.text = text
        index = text.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    }

    /// Returns the next line, or `nil` at the end. Blank lines are skipped.
    mutating func next() -> Result<Line, ImportProblem>? {
        while index < text.count {
            let start = number
            let (bytes, isTooLong) = unfolded()
            guard !bytes.isEmpty else { continue }
            func problem(_ message: String) -> Result<Line, ImportProblem> {
                .failure(ImportProblem(line: start, message))
            }
            guard !isTooLong else { return problem("a property is longer than \(ImportLimits.fieldBytes) bytes") }
            // The parts of a folded line, which are joined, may have been safe only by themselves.
            guard let line = String(validating: StreamSafeText.limited(bytes), as: UTF8.self) else {
                return problem("the line is not UTF-8")
            }
            guard let read = Self.parse(line, number: start) else {
                return problem("the line is not a calendar property")
            }
            return .success(read)
        }
        return nil
    }

    /// Joins the parts of a folded line. A line that is too long is read to its end, but cut.
    private mutating func unfolded() -> (bytes: [UInt8], isTooLong: Bool) {
        var bytes: [UInt8] = []
        var isTooLong = false
        while true {
            while index < text.count, text[index] != UInt8(ascii: "\n") {
                if bytes.count < ImportLimits.fieldBytes { bytes.append(text[index]) } else { isTooLong = true }
                index += 1
            }
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            guard index < text.count else { return (bytes, isTooLong) }
            index += 1
            number += 1
            guard index < text.count, text[index] == UInt8(ascii: " ") || text[index] == UInt8(ascii: "\t") else {
                return (bytes, isTooLong)
            }
            index += 1
        }
    }

    private static func parse(_ line: String, number: Int) -> Line? {
        var parts: [String] = [""]
        var isQuoted = false
        var rest = line[...]
        while let character = rest.popFirst() {
            switch character {
            case "\"": isQuoted.toggle()
            case ":" where !isQuoted:
                let parameters = parts.dropFirst().prefix(ImportLimits.fields).map { part in
                    let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    return (pair[0].uppercased(), pair.count == 2 ? String(pair[1]) : "")
                }
                guard !parts[0].isEmpty else { return nil }
                return Line(
                    number: number, name: parts[0].uppercased(),
                    parameters: Dictionary(parameters) { first, _ in first }, value: String(rest))
            case ";" where !isQuoted: parts.append("")
            default: parts[parts.count - 1].append(character)
            }
        }
        return nil
    }
}
