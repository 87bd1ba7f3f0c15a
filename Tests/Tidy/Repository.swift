import Foundation

/// The files of the project, as the tests read them.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct File: Sendable {
        /// The path relative to the root.
        var path: String
        var text: String
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    }

    /// Returns the text files with one of these endings below the folders, sorted by path.
    static func files(in folders: [String], endingWith endings: [String]) throws -> [File] {
        var files: [File] = []
        for folder in folders {
            let base = root.appendingPathComponent(folder)
            guard let paths = FileManager.default.enumerator(atPath: base.path) else { continue }
            for case let path as String in paths {
                let isBuilt = path.split(separator: "/").contains { $0.hasPrefix(".") || $0 == "__pycache__" }
                guard !isBuilt, endings.contains(where: path.hasSuffix) else { continue }
                let url = base.appendingPathComponent(path)
                guard let text = try? String(contentsOf: url, encoding: .utf8) else { continue }
                files.append(File(path: folder == "." ? path : "\(folder)/\(path)", text: text))
            }
        }
        return files.sorted { $0.path < $1.path }
    }

    static let code = ["Sources", "Tests", "Benchmarks"]

    static func read(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The Markdown files of the project.
    static func documents() throws -> [File] {
        let names = try FileManager.default.contentsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".md") }
        let tops = try names.map { File(path: $0, text: try read($0)) }
        return try tops + files(in: ["docs", "Tests", "Benchmarks", ".github"], endingWith: [".md"])
    }
}
