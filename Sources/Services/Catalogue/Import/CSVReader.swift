/// Reads comma-separated values (RFC 4180): fields in double quotes may have commas, line breaks and doubled quotes.
/// Lines end with LF or CRLF; a byte order mark is skipped.
///
/// A malformed record is reported with its line, and reading continues on the line after the record's first. An
/// unclosed quote therefore costs one record, not the rest of the file.
package struct CSVReader {
    package struct Record: Hashable {
        /// The line on which it begins, counted from 1.
        package var line: Int
        package var fields: [String]
    }

    private let text: [UInt8]
    private let separator: UInt8
    private var index: Int
    private var line = 1

    /// - Parameter separator: Separates the fields. Spreadsheets in some languages write semicolons, and copied cells
    ///   have tabs between them.
    package init(_ text: [UInt8], separator: UInt8 = UInt8(ascii: ",")) {
        self.text = text
        self.separator = separator
        index = text.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    }

    private static let quote = UInt8(ascii: "\"")
    private static let (newline, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))

    /// Returns the next record that is not blank, or `nil` at the end.
    ///
    /// - Parameter fields: The number of fields that the record must have, or `nil` for any number.
    package mutating func next(fields: Int?) -> Result<Record, ImportProblem>? {
        while index < text.count {
            let (start, startLine) = (index, line)
            let result = record(at: startLine, fields: fields)
            guard case .failure = result else {
                if case .success(let record) = result, record.fields.allSatisfy(\.isEmpty) { continue }
                return result
            }
            (index, line) = (start, startLine)
            skipLine()
            return result
        }
        return nil
    }

    private mutating func record(at startLine: Int, fields: Int?) -> Result<Record, ImportProblem> {
        var record = Record(line: startLine, fields: [])
        func problem(_ message: String) -> Result<Record, ImportProblem> {
            .failure(ImportProblem(line: startLine, message))
        }
        while true {
            guard record.fields.count < ImportLimits.fields else {
                return problem("the row has more than \(ImportLimits.fields) fields")
            }
            switch field() {
            case .failure(let fault): return problem(fault.message(number: record.fields.count + 1))
            case .success(let text): record.fields.append(text)
            }
            if index < text.count, text[index] == separator {
                index += 1
                continue
            }
            skipLineEnd()
            let isBlank = record.fields == [""]
            if let fields, record.fields.count != fields, !isBlank {
                return problem(
                    "the row has \(record.fields.count) fields, but the header has \(fields): quote fields with commas")
            }
            return .success(record)
        }
    }

    private enum Fault: Error {
        case unclosed, strayQuote, tooLong, notUTF8

        func message(number: Int) -> String {
            switch self {
            case .unclosed: "field \(number) begins with a quote that is never closed"
            case .strayQuote: "field \(number) has a quote inside: double it, and put the field in quotes"
            case .tooLong: "field \(number) is longer than \(ImportLimits.fieldBytes) bytes, or its quote is not closed"
            case .notUTF8: "field \(number) is not UTF-8: save the file in that encoding"
            }
        }
    }

    /// Reads a field, and stops before the separator or the line's end.
    private mutating func field() -> Result<String, Fault> {
        index < text.count && text[index] == Self.quote ? quotedField() : plainField()
    }

    private mutating func plainField() -> Result<String, Fault> {
        let start = index
        while index < text.count, text[index] != separator, text[index] != Self.newline {
            guard text[index] != Self.quote else { return .failure(.strayQuote) }
            guard index - start < ImportLimits.fieldBytes else { return .failure(.tooLong) }
            index += 1
        }
        var end = index
        if end > start, text[end - 1] == Self.carriageReturn, index == text.count || text[index] == Self.newline {
            end -= 1
        }
        return Self.decoded(text[start..<end])
    }

    private mutating func quotedField() -> Result<String, Fault> {
        index += 1
        var bytes: [UInt8] = []
        while index < text.count {
            let byte = text[index]
            index += 1
            if byte == Self.quote {
                guard index < text.count, text[index] == Self.quote else { return end(of: bytes) }
                index += 1
            }
            if byte == Self.newline { line += 1 }
            guard bytes.count < ImportLimits.fieldBytes else { return .failure(.tooLong) }
            bytes.append(byte)
        }
        return .failure(.unclosed)
    }

    /// Only a separator or the line's end may follow a closing quote.
    private func end(of bytes: [UInt8]) -> Result<String, Fault> {
        let next = index < text.count ? text[index] : Self.newline
        let isEnd = next == separator || next == Self.newline || next == Self.carriageReturn
        return isEnd ? Self.decoded(bytes[...]) : .failure(.strayQuote)
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> Result<String, Fault> {
        guard let text = String(validating: bytes, as: UTF8.self) else { return .failure(.notUTF8) }
        return .success(ImportText.line(text))
    }

    private mutating func skipLineEnd() {
        if index < text.count, text[index] == Self.carriageReturn { index += 1 }
        if index < text.count, text[index] == Self.newline {
            index += 1
            line += 1
        }
    }

    private mutating func skipLine() {
        while index < text.count, text[index] != Self.newline { index += 1 }
        skipLineEnd()
    }
}
