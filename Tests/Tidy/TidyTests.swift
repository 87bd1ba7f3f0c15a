import Foundation
import Testing

/// House rules that a machine can check. CONTRIBUTING.md has the others.
@Suite struct TidyTests {
    @Test func noRetiredNameIsUsed() throws {
        let list = try Repository.read("Tests/Tidy/retired-names.txt").split(separator: "\n")
            .filter { !$0.hasPrefix("#") && !$0.isEmpty }
        let retired = Dictionary(
            list.map { line in
                let words = line.split(separator: " ", maxSplits: 1)
                return (words[0], words.count > 1 ? words[1] : "")
            }, uniquingKeysWith: { first, _ in first })
        #expect(retired.count > 100)
        var found: [String] = []
        for file in try Repository.files(in: Repository.code, endingWith: [".swift", ".py", ".mutant"]) {
            for (index, line) in file.lines.enumerated() {
                // A word in quotes is a wire name.
                let code = line.replacing(/"[A-Za-z_]+"/, with: "")
                for word in code.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }) {
                    guard let name = retired[word] else { continue }
                    found.append("\(file.path):\(index + 1): \(word) is called \(name) now")
                }
            }
        }
        #expect(found.isEmpty, "\(found.prefix(20).joined(separator: "\n"))")
    }

    /// A doc comment says what its subject is or does: "Maximum time …", "Returns …", "True if …".
    @Test func docCommentsBeginWithTheirSubject() throws {
        let openings = ["What", "Who", "Whose", "Whoever", "Whatever", "Of", "Those", "Nil"]
        var (count, odd) = (0, [String]())
        for file in try Repository.files(in: Repository.code, endingWith: [".swift"]) {
            var isInside = false
            for (index, line) in file.lines.enumerated() {
                let text = line.drop { $0 == " " }
                defer { isInside = text.hasPrefix("///") }
                guard !isInside, text.hasPrefix("/// ") else { continue }
                count += 1
                let first = text.dropFirst(4).prefix { $0.isLetter }
                if openings.contains(String(first)) { odd.append("\(file.path):\(index + 1): \(text)") }
            }
        }
        #expect(count > 1000)
        #expect(odd.count * 50 <= count, "\(odd.count) of \(count):\n\(odd.prefix(20).joined(separator: "\n"))")
    }

    @Test func everyLinkOfADocumentLeadsSomewhere() throws {
        var dead: [String] = []
        var links = 0
        for document in try Repository.documents() {
            let folder = Repository.root.appendingPathComponent(document.path).deletingLastPathComponent()
            for match in document.text.matches(of: /\]\(([^)\s]+)\)/) {
                let link = String(match.1)
                guard !link.contains("://"), !link.hasPrefix("mailto:") else { continue }
                links += 1
                let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let target =
                    parts[0].isEmpty
                    ? Repository.root.appendingPathComponent(document.path)
                    : folder.appendingPathComponent(String(parts[0]))
                guard FileManager.default.fileExists(atPath: target.path) else {
                    dead.append("\(document.path): \(link)")
                    continue
                }
                if parts.count == 2, target.pathExtension == "md" {
                    let text = try String(contentsOf: target, encoding: .utf8)
                    if !Self.anchors(of: text).contains(String(parts[1])) { dead.append("\(document.path): \(link)") }
                }
            }
        }
        #expect(links > 50)
        #expect(dead.isEmpty, "\(dead.joined(separator: "\n"))")
    }

    /// The anchors of a document's headings, as code hosts make them.
    private static func anchors(of text: String) -> Set<String> {
        Set(
            text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
                line.drop { $0 == "#" || $0 == " " }.lowercased()
                    .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                    .replacingOccurrences(of: " ", with: "-")
            })
    }

    @Test func filesAndLinesKeepTheirLimits() throws {
        var found: [String] = []
        for file in try Repository.files(in: Repository.code, endingWith: [".swift", ".py"]) {
            let lines = file.lines
            let limit = file.path.contains("/tests/") ? 800 : 400
            if lines.count > limit { found.append("\(file.path): \(lines.count) lines, of \(limit)") }
            // The formatter limits code to 120 characters, but it can't break text: SQL, JSON, HTML.
            for (index, line) in lines.enumerated() {
                let text = line.drop { $0 == " " }
                let limit = text.hasPrefix("//") || text.hasPrefix("# ") ? 120 : 150
                if line.count > limit {
                    found.append("\(file.path):\(index + 1): \(line.count) characters, of \(limit)")
                }
            }
        }
        // A table's row is one line of any length.
        for document in try Repository.documents() {
            var isCode = false
            for (index, line) in document.lines.enumerated() {
                if line.hasPrefix("```") { isCode.toggle() }
                guard !isCode, !line.hasPrefix("|"), !line.contains("]("), line.count > 120 else { continue }
                found.append("\(document.path):\(index + 1): \(line.count) characters, of 120")
            }
        }
        #expect(found.isEmpty, "\(found.prefix(30).joined(separator: "\n"))")
    }

    /// The engine runs any service, so it must not depend on one.
    @Test func theEngineNamesNoService() throws {
        let names =
            /\b(Users|Listings|Orders|Payments|Expiration|Catalogue)(Service|Handler|Store|Decider|Repair|Rules)\b/
        var count = 0
        for file in try Repository.files(in: ["Sources/Services/Engine"], endingWith: [".swift"]) {
            count += 1
            for (index, line) in file.lines.enumerated() where line.contains(names) {
                Issue.record("\(file.path):\(index + 1): \(line)")
            }
        }
        #expect(count > 20)
    }

    @Test func aTagOnThisCommitIsTheVersion() throws {
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = ["git", "-C", Repository.root.path, "tag", "--points-at", "HEAD", "v*"]
        let output = Pipe()
        git.standardOutput = output
        git.standardError = FileHandle.nullDevice
        try git.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        git.waitUntilExit()
        let version = try #require(
            try Repository.read("Sources/Bootstrap/Version.swift").firstMatch(of: /current = "([0-9.]+)"/)?.1)
        for tag in text.split(separator: "\n") { #expect(tag == "v\(version)") }
    }
}
