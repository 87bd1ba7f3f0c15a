package import Marketplace

/// Imports a file, or finds out what an import would do.
package struct CatalogueImportRun: Sendable {
    package let source: CatalogueImport
    package let file: ImportFile

    package init(source: CatalogueImport, file: ImportFile) {
        self.source = source
        self.file = file
    }

    /// Finds out what an import would do, and changes nothing.
    package func plan() async throws -> CatalogueImportReport {
        var report = CatalogueImportReport(file: file)
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
    ///
    /// - Parameter send: sends a command and returns the reply.
    package func execute(
        version: Int64 = 0, _ send: (ImportPerformances) async throws -> ImportReply
    ) async throws -> CatalogueImportReport {
        var report = CatalogueImportReport(file: file)
        for slice in slices {
            let prepared = try await source.prepare(slice)
            report.add(prepared)
            for rows in prepared.commands {
                let command = ImportPerformances(
                    source: source.source, performances: rows.map(\.performance), userVersion: version)
                report.add(try await send(command), lines: rows.map(\.line))
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

/// The result of an import, or of its plan.
package struct CatalogueImportReport: Sendable {
    package internal(set) var isPlan = false
    /// The number of rows with each outcome: `new` in a plan, `created` and `skipped` after an import, `changed` and
    /// `unchanged` in both.
    package internal(set) var counts: [String: Int] = [:]
    /// The number of rows, including those that can't be read.
    package let rows: Int
    private var found: [ImportProblem]

    init(file: ImportFile) {
        found = file.problems
        rows = file.records.count + file.problems.count
    }

    /// The rows that are not imported, in the order of the file.
    package var problems: [ImportProblem] { found.sorted { $0.line < $1.line } }

    mutating func add(_ slice: CatalogueImport.Slice) {
        found += slice.problems
        counts["unchanged", default: 0] += slice.unchanged
    }

    mutating func add(_ reply: ImportReply, lines: [Int]) {
        for (row, line) in zip(reply.rows, lines) {
            switch row.outcome {
            case .failed: found.append(ImportProblem(line: line, row.message ?? "The row was refused."))
            case .created, .changed, .unchanged, .skipped: counts[row.outcome.rawValue, default: 0] += 1
            }
        }
    }

    /// The outcomes that a report shows, in their order.
    package var outcomes: [String] {
        isPlan ? ["new", "changed", "unchanged"] : ["created", "changed", "unchanged", "skipped"]
    }
}
