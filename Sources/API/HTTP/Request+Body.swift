import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
    /// The most bytes of a JSON body.
    static let jsonLimit = 64 * 1024

    /// The bytes of a JSON body. Refuses other types (415), what is too large (413), and what is too slow (408).
    func jsonBody(_ context: APIContext) async throws -> [UInt8] {
        guard Self.isJSON(headers[.contentType]), Self.isPlain(headers[.contentEncoding]) else { throw Problem.notJSON }
        return try await bytes(upTo: Self.jsonLimit, context)
    }

    /// The bytes of a body that needs none: a JSON object without members counts as nothing.
    func optionalJSONBody(_ context: APIContext) async throws -> [UInt8] {
        let body = try await bytes(upTo: Self.jsonLimit, context)
        if body.isEmpty { return body }
        guard Self.isJSON(headers[.contentType]), Self.isPlain(headers[.contentEncoding]) else { throw Problem.notJSON }
        return body
    }

    func bytes(upTo limit: Int, _ context: APIContext) async throws -> [UInt8] {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw Problem.tooLarge(limit: limit)
        }
        let body = body
        do {
            // Most bodies come in one piece with their head: those need no watch.
            if context.isWhole { return Array(buffer: try await body.collect(upTo: limit)) }
            return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                group.addTask { Array(buffer: try await body.collect(upTo: limit)) }
                group.addTask {
                    try await Task.sleep(for: context.bodyTime)
                    return nil
                }
                defer { group.cancelAll() }
                guard let bytes = try await group.next() ?? nil else { throw Problem.tooSlow }
                return bytes
            }
        } catch is NIOTooManyBytesError {
            throw Problem.tooLarge(limit: limit)
        }
    }

    /// `application/json`, with no parameter but a charset of UTF-8.
    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        if contentType == "application/json" { return true }
        let parts = contentType.lowercased().split(separator: ";", omittingEmptySubsequences: false)
            .map { String($0).trimmed }
        guard parts.first == "application/json" else { return false }
        return parts.dropFirst().allSatisfy { ["", "charset=utf-8", "charset=\"utf-8\""].contains($0) }
    }

    private static func isPlain(_ encoding: String?) -> Bool { encoding == nil || encoding == "identity" }
}
