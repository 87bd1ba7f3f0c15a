import JSONCoding
import Marketplace

/// The rows of an imported file, and the problems of the rows that can't be read.
package struct ImportFile: Sendable {
    package enum Format: String, CaseIterable, Sendable {
        case csv, jsonld, ics

        /// The format of a file with this name, or `nil` if its extension is unknown.
        package init?(ofFileNamed name: String) {
            switch name.split(separator: ".").last?.lowercased() {
            case "csv": self = .csv
            case "json", "jsonld": self = .jsonld
            case "ics": self = .ics
            default: return nil
            }
        }
    }

    /// Facts for the rows that do not have them.
    package struct Defaults: Hashable, Sendable {
        package var city = ""
        package var country = ""
        package var timeZone = ""
        package var category = ShowCategory.other.rawValue

        package init() {}
    }

    package internal(set) var records: [ImportRecord] = []
    package internal(set) var problems: [ImportProblem] = []

    init() {}

    /// - Throws: ``ImportFileError`` if the text does not have the format, or if it exceeds ``ImportLimits``.
    package init(_ text: [UInt8], as format: Format, defaults: Defaults = Defaults()) throws(ImportFileError) {
        guard text.count <= ImportLimits.bytes else { throw Self.tooLong }
        let text = StreamSafeText.limited(text)
        switch format {
        case .csv: self = try CSVPerformances.read(text)
        case .jsonld: self = try JSONLDPerformances.read(text)
        case .ics: self = try ICSPerformances.read(text)
        }
        complete(with: defaults)
        dropDuplicates()
    }

    package static let tooLong = ImportFileError(
        message: "the file is longer than \(ImportLimits.bytes >> 20) MiB: split it")

    // MARK: For the readers

    func checkRoom() throws(ImportFileError) {
        guard records.count + problems.count < ImportLimits.rows else {
            throw ImportFileError(message: "the file has more than \(ImportLimits.rows) rows: split it")
        }
    }

    /// Adds a row, with the status that the source gives it.
    mutating func add(_ record: ImportRecord, status: String) {
        var record = record
        switch status.lowercased() {
        case "", "scheduled", "confirmed", "tentative", "rescheduled": break
        case "postponed": record.status = .postponed
        case "cancelled", "canceled": record.status = .cancelled
        default:
            problems.append(
                ImportProblem(
                    line: record.line,
                    "the status “\(status.prefix(40))” is not one of scheduled, postponed and cancelled"))
            return
        }
        records.append(record)
    }

    // MARK: The whole file

    /// Gives each row the facts that it lacks. It is enough that one row of a venue has the venue's country and zone.
    private mutating func complete(with defaults: Defaults) {
        for index in records.indices {
            if records[index].city.isEmpty { records[index].city = defaults.city }
            if records[index].category.isEmpty { records[index].category = defaults.category }
            records[index].country = records[index].country.uppercased()
            records[index].place = records[index].place.uppercased()
        }
        var known: [[String]: (countries: Set<String>, zones: Set<String>)] = [:]
        for record in records {
            if !record.country.isEmpty { known[record.venueKey, default: ([], [])].countries.insert(record.country) }
            if !record.timeZone.isEmpty { known[record.venueKey, default: ([], [])].zones.insert(record.timeZone) }
        }
        for index in records.indices {
            let facts = known[records[index].venueKey]
            if records[index].country.isEmpty {
                let countries = facts?.countries ?? []
                records[index].country = countries.count == 1 ? countries.first ?? "" : defaults.country.uppercased()
            }
            let zones = facts?.zones ?? []
            records[index].venueTimeZone = zones.count == 1 ? zones.first ?? "" : defaults.timeZone
        }
    }

    /// Two rows with the same id, or of the same performance, would undo each other's changes in each import.
    private mutating func dropDuplicates() {
        var ids: [String: Int] = [:]
        var performances: [[String]: Int] = [:]
        for record in records where record.status != .cancelled {
            if performances[record.performanceKey] == nil { performances[record.performanceKey] = record.line }
        }
        var kept: [ImportRecord] = []
        for record in records {
            if let line = ids[record.externalId], !record.externalId.isEmpty {
                problems.append(
                    ImportProblem(line: record.line, "line \(line) has the same id: each row needs its own id"))
                continue
            }
            ids[record.externalId] = record.line
            if let line = performances[record.performanceKey], line != record.line {
                // Some sources cancel a row and list the performance again under another id.
                if record.status == .cancelled { continue }
                problems.append(
                    ImportProblem(
                        line: record.line, "line \(line) has the same event, venue and time: remove one of them"))
                continue
            }
            kept.append(record)
        }
        records = kept
    }
}

extension ImportRecord {
    fileprivate var venueKey: [String] { [venue.lowercased(), city.lowercased()] }

    fileprivate var performanceKey: [String] {
        venueKey + [title.lowercased(), category, start, timeZone] + performers.map { $0.lowercased() }
    }
}
