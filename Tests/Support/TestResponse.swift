public import CurlClient

/// An HTTP response with its request and duration.
public struct TestResponse: Sendable, CustomStringConvertible {
    /// For example `POST /api/orders`.
    public let request: String
    public let response: CurlResponse
    /// The time from sending the request to the last byte of the response.
    public let duration: Duration

    public var status: Int { response.status }
    public var text: String { String(decoding: response.body, as: UTF8.self) }

    /// The body as JSON, or `null` if it is not JSON.
    public var json: JSON { (try? JSON(response.body)) ?? .null }

    public subscript(header name: String) -> String? { response[header: name] }

    /// The cookies that the response sets, by name. An empty value clears a cookie.
    public var cookies: [String: String] {
        var cookies: [String: String] = [:]
        for header in response.headers where header.name.lowercased() == "set-cookie" {
            let pair = header.value.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)[0]
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            cookies[String(parts[0])] = String(parts[1])
        }
        return cookies
    }

    public var description: String { "\(request) → \(status) in \(duration): \(excerpt)" }

    /// The start of the body in one line, without the head and the header of a page.
    private var excerpt: Substring {
        let start = text.firstRange(of: "<main")?.lowerBound ?? text.startIndex
        return text[start...].split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(600)
    }

    /// Returns the response if it has this status; otherwise throws an error that contains the response.
    @discardableResult
    public func expect(_ status: Int) throws -> TestResponse {
        guard self.status == status else { throw SupportError("Expected \(status): \(self)") }
        return self
    }
}
