import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
    /// The bytes of a JSON body.
    ///
    /// - Throws: ``Problem`` for a different type (415), for too many bytes (413), and for a body that arrives too
    ///   slowly (408).
    func jsonBody(
        _ context: APIContext, upTo limit: Int = RequestLimits.jsonBodyBytes
    ) async throws -> [UInt8] {
        guard Self.isJSON(headers[.contentType]), Self.isUncompressed(headers[.contentEncoding]) else {
            throw Problem.notJSON
        }
        return try await bytes(upTo: limit, context)
    }

    /// The bytes of a JSON body that may be missing. An empty body is accepted with any type.
    func optionalJSONBody(_ context: APIContext) async throws -> [UInt8] {
        let body = try await bytes(upTo: RequestLimits.jsonBodyBytes, context)
        if body.isEmpty { return body }
        guard Self.isJSON(headers[.contentType]), Self.isUncompressed(headers[.contentEncoding]) else {
            throw Problem.notJSON
        }
        return body
    }

    func bytes(upTo limit: Int, _ context: APIContext) async throws -> [UInt8] {
        // The HTTP parser accepts only digits, so a length that is not an Int is too large as well.
        if let length = headers[.contentLength], Int(length).map({ $0 > limit }) ?? true {
            throw Problem.tooLarge(limit: limit)
        }
        let body = body
        // Most bodies arrive together with the head, and need no timeout.
        if context.isRequestRead { return try await body.bytes(upTo: limit) }
        if headers.contains(.expect) { context.requestBody() }
        return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { try await body.bytes(upTo: limit) }
            group.addTask {
                try await Task.sleep(for: context.bodyTimeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let bytes = try await group.next() ?? nil else { throw Problem.tooSlow }
            return bytes
        }
    }

    /// True for `application/json` without parameters, or with the charset UTF-8.
    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        if contentType == "application/json" { return true }
        let parts = contentType.lowercased().split(separator: ";", omittingEmptySubsequences: false)
            .map { String($0).trimmed }
        guard parts.first == "application/json" else { return false }
        return parts.dropFirst().allSatisfy { ["", "charset=utf-8", "charset=\"utf-8\""].contains($0) }
    }

    private static func isUncompressed(_ encoding: String?) -> Bool { encoding == nil || encoding == "identity" }
}

extension RequestBody {
    /// - Throws: ``Problem`` (413) if the body has more bytes than the limit.
    fileprivate func bytes(upTo limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await part in self {
            guard bytes.count + part.readableBytes <= limit else { throw Problem.tooLarge(limit: limit) }
            bytes += part.readableBytesView
        }
        return bytes
    }
}
