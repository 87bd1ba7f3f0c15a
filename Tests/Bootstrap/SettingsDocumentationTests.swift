import Foundation
import Services
import Testing

@testable import Bootstrap

/// Compares `docs/SETTINGS.md` with the variables that the code reads: name, unit, default and readers.
@Suite struct SettingsDocumentationTests {
    private struct Row: Hashable {
        let name, unit, fallback, readers: String
    }

    private func documented() throws -> [Row] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/SETTINGS.md")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 7, cells[1].hasPrefix("`"), !cells[5].isEmpty else { return nil }
            return Row(name: cells[1].replacing("`", with: ""), unit: cells[2], fallback: cells[3], readers: cells[4])
        }
    }

    @Test func everyVariableHasARowInTheDocumentation() throws {
        let expected = ServiceRegistry.settings.map { variable in
            Row(
                name: variable.name, unit: variable.unit, fallback: variable.fallback ?? "required",
                readers: Variable.Reader.allCases.filter(variable.readers.contains).map(\.rawValue)
                    .joined(separator: ", "))
        }
        let documented = try documented()
        for (row, variable) in zip(documented, expected) { #expect(row == variable) }
        #expect(documented.map(\.name) == expected.map(\.name))
    }
}
