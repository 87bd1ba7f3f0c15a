import Marketplace
import Services

/// Imports a file, or reports what an import would do.
struct CatalogueImportRun: Sendable {
    let source: CatalogueImport
    let file: ImportFile

    /// Returns a report of what an import would do.
    func plan() async throws -> CatalogueImportReport {
        var report = CatalogueImportReport(source: source.source, file: file)
        for slice in slices {
            let prepared = try await source.prepare(slice)
            report.add(prepared)
            report.counts["new", default: 0] += prepared.new.count
            report.counts["changed", default: 0] += prepared.changed.count
        }
        report.isPlan = true
        return report
    }

    /// Imports the rows in the order of the file. Each command is one transaction. It is sent after the previous
    /// command is committed, because its rows may refer to the venues of earlier rows.
    func execute(_ client: CommandClient) async throws -> CatalogueImportReport {
        var report = CatalogueImportReport(source: source.source, file: file)
        for slice in slices {
            let prepared = try await source.prepare(slice)
            report.add(prepared)
            for rows in prepared.commands {
                let command = ImportPerformances(
                    source: source.source, performances: rows.map(\.performance), userVersion: 0)
                let reply = try await client.send(command, to: .catalogue, for: ImportReply.self)
                report.add(reply, lines: rows.map(\.line))
            }
        }
        return report
    }

    private var slices: [ArraySlice<ImportRecord>] {
        stride(from: 0, to: file.records.count, by: CatalogueImport.sliceRows).map { start in
            file.records[start..<min(start + CatalogueImport.sliceRows, file.records.count)]
        }
    }
}

/// The result of an import, as a text for the operator.
struct CatalogueImportReport: Sendable {
    var isPlan = false
    var counts: [String: Int] = [:]
    private let source: String
    private let rows: Int
    private var problems: [ImportProblem]

    init(source: String, file: ImportFile) {
        self.source = source
        problems = file.problems
        rows = file.records.count + file.problems.count
    }

    var hasFailures: Bool { !problems.isEmpty }

    mutating func add(_ slice: CatalogueImport.Slice) {
        problems += slice.problems
        counts["unchanged", default: 0] += slice.unchanged
    }

    mutating func add(_ reply: ImportReply, lines: [Int]) {
        for (row, line) in zip(reply.rows, lines) {
            switch row.outcome {
            case .failed: problems.append(ImportProblem(line: line, row.message ?? "The row was refused."))
            case .created, .changed, .unchanged, .skipped: counts[row.outcome.rawValue, default: 0] += 1
            }
        }
    }

    /// Maximum number of problems that are shown.
    static let problemLimit = 1000

    var text: String {
        var lines = problems.sorted { $0.line < $1.line }.prefix(Self.problemLimit)
            .map { Readable.line("line \($0.line): \($0.message)") }
        if problems.count > Self.problemLimit { lines.append("and \(problems.count - Self.problemLimit) more") }
        let outcomes = isPlan ? ["new", "changed", "unchanged"] : ["created", "changed", "unchanged", "skipped"]
        let numbers = outcomes.map { "\(counts[$0, default: 0]) \($0)" } + ["\(problems.count) failed"]
        lines.append("\(rows) rows of \(Readable.line(source)): \(numbers.joined(separator: ", "))")
        if isPlan { lines.append("Nothing was imported. Run with --execute to import.") }
        return lines.joined(separator: "\n")
    }
}
