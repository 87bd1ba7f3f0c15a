import Foundation
import Support
import Testing

@testable import Gzip

struct GzipTests {
    @Test("gzip decompresses the output", arguments: [0, 1, 1000, 300_000], [Gzip.Level.fast, .best])
    func gzipDecompressesTheOutput(count: Int, level: Gzip.Level) async throws {
        let bytes = (0..<count).map { _ in UInt8.random(in: UInt8(ascii: "a")...UInt8(ascii: "n")) }
        let compressed = try #require(Gzip.compress(bytes, level: level))
        if count > 100 { #expect(compressed.count < bytes.count) }

        let file = FileManager.default.temporaryDirectory.appending(component: "\(UUID()).gz")
        try Data(compressed).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(try await Tool.run("gzip", ["-dc", file.path]) == String(decoding: bytes, as: UTF8.self))
    }
}
