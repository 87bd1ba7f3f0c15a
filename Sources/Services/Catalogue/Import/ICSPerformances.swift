import Marketplace

/// Performances as events of a calendar (RFC 5545). `LOCATION` is `venue, city`, `venue, address, city` or one of these
/// with a country code at the end.
enum ICSPerformances {
    static func read(_ text: [UInt8]) throws(ImportFileError) -> ImportFile {
        var reader = ICSReader(text)
        guard case .success(let first)? = reader.next(), first.name == "BEGIN", first.text.uppercased() == "VCALENDAR"
        else { throw ImportFileError(message: "the file is not a calendar: its first line must be BEGIN:VCALENDAR") }
        var file = ImportFile()
        var event: Event?
        // The number of open components inside the event, such as alarms.
        var depth = 0
        while let next = reader.next() {
            switch next {
            case .failure(let problem):
                event?.fail(problem)
            case .success(let line):
                let component = line.text.uppercased()
                switch line.name {
                case "BEGIN" where event == nil && component == "VEVENT":
                    try file.checkRoom()
                    (event, depth) = (Event(line: line.number), 0)
                case "BEGIN" where event != nil && component == "VEVENT":
                    file.problems.append(unclosed(event))
                    try file.checkRoom()
                    (event, depth) = (Event(line: line.number), 0)
                case "BEGIN": depth += 1
                case "END" where component == "VEVENT":
                    event?.add(to: &file)
                    event = nil
                case "END": depth = max(0, depth - 1)
                default: if depth == 0 { event?.take(line) }
                }
            }
        }
        if event != nil { file.problems.append(unclosed(event)) }
        return file
    }

    private static func unclosed(_ event: Event?) -> ImportProblem {
        ImportProblem(line: event?.record.line ?? 1, "the event has no END:VEVENT: the file may be cut off")
    }

    private struct Event {
        var record: ImportRecord
        var status = ""
        var occurrence = ""
        var endZone = ""
        var problem: ImportProblem?

        init(line: Int) { record = ImportRecord(line: line) }

        mutating func take(_ line: ICSReader.Line) {
            switch line.name {
            case "UID": record.externalId = line.text
            case "RECURRENCE-ID": occurrence = line.text
            case "SUMMARY": record.title = line.text
            case "STATUS": status = line.text
            case "LOCATION": takeLocation(line.text)
            case "DTSTART":
                record.start = Self.time(line)
                record.timeZone = line.parameters["TZID"] ?? ""
            case "DTEND":
                record.end = Self.time(line)
                endZone = line.parameters["TZID"] ?? ""
            case "CATEGORIES":
                let words = line.text.lowercased().split(separator: ",").map { ImportText.line(String($0)) }
                record.category = words.first { ShowCategory.known.map(\.rawValue).contains($0) } ?? ""
            case "RRULE", "RDATE": fail("the event repeats by a rule: list each date as a separate event")
            default: break
            }
        }

        /// Only the first problem is reported.
        mutating func fail(_ problem: ImportProblem) { self.problem = self.problem ?? problem }

        private mutating func fail(_ message: String) { fail(ImportProblem(line: record.line, message)) }

        /// Writes `20270501T200000Z` as `2027-05-01T20:00:00Z`, and `20270501` as `2027-05-01`, which is refused later
        /// because it has no time of day. Text in any other form is left unchanged, and refused later.
        private static func time(_ line: ICSReader.Line) -> String {
            let text = Array(line.text.utf8)
            let digits = text.filter { (0x30...0x39).contains($0) }
            guard digits.count == 14, text.count == 15 || text.count == 16, text[8] == UInt8(ascii: "T") else {
                return digits.count == 8 && text.count == 8
                    ? "\(line.text.prefix(4))-\(line.text.dropFirst(4).prefix(2))-\(line.text.suffix(2))" : line.text
            }
            let word = String(decoding: digits, as: UTF8.self)
            func part(_ start: Int, _ length: Int) -> Substring { word.dropFirst(start).prefix(length) }
            let suffix = text.count == 16 ? String(decoding: text[15...], as: UTF8.self) : ""
            return "\(part(0, 4))-\(part(4, 2))-\(part(6, 2))T\(part(8, 2)):\(part(10, 2)):\(part(12, 2))\(suffix)"
        }

        private mutating func takeLocation(_ text: String) {
            var parts = text.split(separator: ",").map { ImportText.line(String($0)) }.filter { !$0.isEmpty }
            if parts.count > 2, let last = parts.last, Country.isCode(last) {
                record.country = last
                parts.removeLast()
            }
            record.venue = parts.first ?? ""
            if parts.count > 1, let last = parts.last { record.city = last }
            record.address = parts.dropFirst().dropLast().joined(separator: ", ")
        }

        func add(to file: inout ImportFile) {
            if let problem { return file.problems.append(problem) }
            guard record.end.isEmpty || record.end.hasSuffix("Z") || endZone == record.timeZone else {
                return file.problems.append(
                    ImportProblem(
                        line: record.line,
                        "the start and the end have different time zones: give both in one zone, or in UTC"))
            }
            var record = record
            if !occurrence.isEmpty, !record.externalId.isEmpty { record.externalId += "/" + occurrence }
            file.add(record, status: status)
        }
    }
}
