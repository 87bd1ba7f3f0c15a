import Marketplace

/// Performances as comma-separated values, one in each line after a header. The columns may be in any order.
enum CSVPerformances {
    private static let columns = [
        "id", "title", "category", "performers", "venue", "city", "country", "address", "place", "time_zone", "start",
        "doors", "end", "status",
    ]
    private static let required = ["id", "title", "venue", "city", "start"]

    static func read(_ text: [UInt8]) throws(ImportFileError) -> ImportFile {
        var reader = CSVReader(text)
        let header: [String]
        switch reader.next(fields: nil) {
        case nil: throw ImportFileError(message: "the file is empty: its first line names the columns")
        case .failure(let problem): throw ImportFileError(message: "line \(problem.line): \(problem.message)")
        case .success(let record): header = record.fields.map { $0.lowercased() }
        }
        try check(header)
        var file = ImportFile()
        while let next = reader.next(fields: header.count) {
            try file.checkRoom()
            switch next {
            case .failure(let problem): file.problems.append(problem)
            case .success(let row):
                var record = ImportRecord(line: row.line)
                var status = ""
                for (name, value) in zip(header, row.fields) {
                    if name == "status" { status = value } else { set(name, of: &record, to: value) }
                }
                file.add(record, status: status)
            }
        }
        return file
    }

    private static func set(_ column: String, of record: inout ImportRecord, to value: String) {
        switch column {
        case "id": record.externalId = value
        case "title": record.title = value
        case "category": record.category = value
        case "performers": record.performers = names(value)
        case "venue": record.venue = value
        case "city": record.city = value
        case "country": record.country = value
        case "address": record.address = value
        case "place": record.place = value
        case "time_zone": record.timeZone = value
        case "start": record.start = value
        case "doors": record.doors = value
        case "end": record.end = value
        default: break
        }
    }

    private static func check(_ header: [String]) throws(ImportFileError) {
        let list = columns.joined(separator: ", ")
        if header.count == 1, header[0].contains(";") || header[0].contains("\t") {
            throw ImportFileError(message: "the columns are not separated by commas")
        }
        if let unknown = header.first(where: { !columns.contains($0) }) {
            throw ImportFileError(message: "line 1: there is no column “\(unknown)”. The columns are \(list)")
        }
        if let missing = required.first(where: { !header.contains($0) }) {
            throw ImportFileError(message: "line 1: the column “\(missing)” is missing. The columns are \(list)")
        }
        guard Set(header).count == header.count else { throw ImportFileError(message: "line 1: a column occurs twice") }
    }

    /// Names are separated by `|`, because many have a comma.
    private static func names(_ text: String) -> [String] {
        text.split(separator: "|").map { ImportText.line(String($0)) }.filter { !$0.isEmpty }
    }
}
