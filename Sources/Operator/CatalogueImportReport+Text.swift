import Services

extension CatalogueImportReport {
    /// Maximum number of problems that are shown.
    static let problemLimit = 1000

    /// The report for the operator.
    func text(source: String) -> String {
        let problems = problems
        var lines = problems.prefix(Self.problemLimit).map { Readable.line("line \($0.line): \($0.message)") }
        if problems.count > Self.problemLimit { lines.append("and \(problems.count - Self.problemLimit) more") }
        let numbers = outcomes.map { "\(counts[$0, default: 0]) \($0)" } + ["\(problems.count) failed"]
        lines.append("\(rows) rows of \(Readable.line(source)): \(numbers.joined(separator: ", "))")
        if isPlan { lines.append("Nothing was imported. Run with --execute to import.") }
        return lines.joined(separator: "\n")
    }
}
