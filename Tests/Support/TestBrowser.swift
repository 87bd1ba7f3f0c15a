public import CurlClient
import Synchronization

/// An HTTP client with cookies. It sends requests to the processes of a site in turn, like a load balancer.
public final class TestBrowser: Sendable {
    private struct State {
        var cookies: [String: String] = [:]
        var everyValue: Set<String> = []
        var next = 0
    }

    /// The origins of the site's processes, such as `http://127.0.0.1:8080`.
    public let origins: [String]
    private let http: CurlClient
    private let state: Mutex<State>

    public init(_ origins: [String], http: CurlClient) {
        precondition(!origins.isEmpty, "a site needs at least one process")
        self.origins = origins
        self.http = http
        // A random start spreads a test's browsers over the processes.
        state = Mutex(State(next: Int.random(in: 0..<origins.count)))
    }

    /// The site's cookies, by name.
    public var cookies: [String: String] {
        get { state.withLock { $0.cookies } }
        set { state.withLock { $0.cookies = newValue } }
    }

    /// All values that the cookies have had.
    public var everyCookieValue: Set<String> { state.withLock { $0.everyValue } }

    /// A copy with the current cookies. Later cookies are not shared.
    public func copy(origins: [String]? = nil) -> TestBrowser {
        let other = TestBrowser(origins ?? self.origins, http: http)
        other.cookies = cookies
        return other
    }

    public func get(_ path: String, headers: [String: String] = [:]) async throws -> TestResponse {
        try await send(.get, path, headers: headers)
    }

    public func post(_ path: String, _ body: JSON? = nil, headers: [String: String] = [:]) async throws -> TestResponse
    {
        try await send(.post, path, body, headers: headers)
    }

    public func put(_ path: String, _ body: JSON, headers: [String: String] = [:]) async throws -> TestResponse {
        try await send(.put, path, body, headers: headers)
    }

    public func delete(_ path: String, headers: [String: String] = [:]) async throws -> TestResponse {
        try await send(.delete, path, headers: headers)
    }

    /// Sends a request with the current cookies, and stores the cookies that the response sets.
    public func send(
        _ method: CurlRequest.Method, _ path: String, _ body: JSON? = nil, headers: [String: String] = [:]
    ) async throws -> TestResponse {
        var fields = ["Accept": "application/json"]
        if body != nil { fields["Content-Type"] = "application/json" }
        return try await send(method, path, bytes: body?.bytes ?? [], fields.merging(headers) { $1 })
    }

    // MARK: Pages of the site

    /// Gets a page as HTML. Redirects are not followed.
    public func visit(_ path: String, headers: [String: String] = [:]) async throws -> TestResponse {
        try await send(.get, path, bytes: [], ["Accept": "text/html"].merging(headers) { $1 })
    }

    /// Submits a form of the site. Redirects are not followed.
    public func send(_ form: HTMLForm, headers: [String: String] = [:]) async throws -> TestResponse {
        let fields = ["Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"]
        return try await send(
            .post, form.action, bytes: Self.encoded(form.inputs.map { ($0.name, $0.value) }),
            fields.merging(headers) { $1 })
    }

    private func send(
        _ method: CurlRequest.Method, _ path: String, bytes: [UInt8], _ headers: [String: String]
    ) async throws -> TestResponse {
        let (origin, cookies) = state.withLock { state in
            state.next = (state.next + 1) % origins.count
            return (origins[state.next], state.cookies)
        }
        var fields = headers.map { CurlRequest.Header($0.key, $0.value) }
        if !cookies.isEmpty {
            fields.append(.init("Cookie", cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")))
        }
        let request = CurlRequest(method, url: origin + path, headers: fields, body: bytes)
        let response = try await exchange(request, label: "\(method.rawValue) \(path)")
        let newCookies = response.cookies
        if !newCookies.isEmpty {
            state.withLock { state in
                for (name, value) in newCookies { state.cookies[name] = value.isEmpty ? nil : value }
                state.everyValue.formUnion(newCookies.values.filter { !$0.isEmpty })
            }
        }
        return response
    }

    /// Gets a page of another site, without this site's cookies.
    public func open(_ url: String, headers: [String: String] = [:]) async throws -> TestResponse {
        let fields = headers.map { CurlRequest.Header($0.key, $0.value) }
        return try await exchange(CurlRequest(url: url, headers: fields), label: "GET \(url)")
    }

    /// Submits a form of another site.
    public func submit(_ url: String, _ fields: [(name: String, value: String)]) async throws -> TestResponse {
        let request = CurlRequest(
            .post, url: url, headers: [.init("Content-Type", "application/x-www-form-urlencoded")],
            body: Self.encoded(fields))
        return try await exchange(request, label: "POST \(url)")
    }

    private func exchange(_ request: CurlRequest, label: String) async throws -> TestResponse {
        let clock = ContinuousClock()
        let start = clock.now
        let response = try await http.send(request)
        return TestResponse(request: label, response: response, duration: clock.now - start)
    }

    private static func encoded(_ fields: [(name: String, value: String)]) -> [UInt8] {
        Array(fields.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&").utf8)
    }

    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (hex.count == 1 ? "0" : "") + hex
            }
        }
        return encoded
    }
}
