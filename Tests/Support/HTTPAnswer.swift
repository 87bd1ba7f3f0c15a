public import CurlClient

/// An answer, as tests look at it.
public struct HTTPAnswer: Sendable, CustomStringConvertible {
    /// `POST /api/orders`.
    public let request: String
    public let response: CurlResponse
    /// From the sending to the last byte.
    public let time: Duration

    public var status: Int { response.status }
    public var text: String { String(decoding: response.body, as: UTF8.self) }

    /// Null when the body is no JSON.
    public var json: JSON { (try? JSON(response.body)) ?? .null }

    public subscript(header name: String) -> String? { response[header: name] }

    /// The cookies that it sets, by name; an empty value clears one.
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

    public var description: String { "\(request) → \(status) in \(time): \(text.prefix(600))" }

    /// The answer itself, where it has this status; else it throws what came instead.
    @discardableResult
    public func expect(_ status: Int) throws -> HTTPAnswer {
        guard self.status == status else { throw SupportError("Expected \(status): \(self)") }
        return self
    }
}
