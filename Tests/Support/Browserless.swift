public import CurlClient
import Synchronization

/// A browser without a window: it keeps cookies, and talks to one or several processes of the same site in turn, as a
/// balancer would let it.
public final class Browserless: Sendable {
    private struct State {
        var cookies: [String: String] = [:]
        var everSet: Set<String> = []
        var next = 0
    }

    /// The site's processes: `http://127.0.0.1:8080`.
    public let origins: [String]
    private let http: CurlClient
    private let state: Mutex<State>

    public init(_ origins: [String], http: CurlClient) {
        precondition(!origins.isEmpty, "a site has at least one process")
        self.origins = origins
        self.http = http
        // Not all of a test's browsers begin at the same process.
        state = Mutex(State(next: Int.random(in: 0..<origins.count)))
    }

    /// The cookies of the site, by name.
    public var cookies: [String: String] {
        get { state.withLock { $0.cookies } }
        set { state.withLock { $0.cookies = newValue } }
    }

    /// Every value that any cookie ever had.
    public var everyCookieValue: Set<String> { state.withLock { $0.everSet } }

    /// Another window of the same browser as it is now; what it is told later, this one does not know.
    public func copy(origins: [String]? = nil) -> Browserless {
        let other = Browserless(origins ?? self.origins, http: http)
        other.cookies = cookies
        return other
    }

    public func get(_ path: String, headers: [String: String] = [:]) async throws -> HTTPAnswer {
        try await send(.get, path, headers: headers)
    }

    public func post(_ path: String, _ body: JSON? = nil, headers: [String: String] = [:]) async throws -> HTTPAnswer {
        try await send(.post, path, body, headers: headers)
    }

    public func put(_ path: String, _ body: JSON, headers: [String: String] = [:]) async throws -> HTTPAnswer {
        try await send(.put, path, body, headers: headers)
    }

    public func delete(_ path: String, headers: [String: String] = [:]) async throws -> HTTPAnswer {
        try await send(.delete, path, headers: headers)
    }

    /// One request with the cookies as they are; what the answer sets is kept.
    public func send(
        _ method: CurlRequest.Method, _ path: String, _ body: JSON? = nil, headers: [String: String] = [:]
    ) async throws -> HTTPAnswer {
        var fields = ["Accept": "application/json"]
        if body != nil { fields["Content-Type"] = "application/json" }
        return try await send(method, path, bytes: body?.bytes ?? [], fields.merging(headers) { $1 })
    }

    // MARK: Pages of the site

    /// Asks for a page as a person's browser does. A redirect is an answer like any other.
    public func visit(_ path: String, headers: [String: String] = [:]) async throws -> HTTPAnswer {
        try await send(.get, path, bytes: [], ["Accept": "text/html"].merging(headers) { $1 })
    }

    /// Sends a form of a page of the site. Not followed where it leads.
    public func send(_ form: HTMLForm, headers: [String: String] = [:]) async throws -> HTTPAnswer {
        let fields = ["Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"]
        return try await send(
            .post, form.action, bytes: Self.encoded(form.inputs.map { ($0.name, $0.value) }),
            fields.merging(headers) { $1 })
    }

    private func send(
        _ method: CurlRequest.Method, _ path: String, bytes: [UInt8], _ headers: [String: String]
    ) async throws -> HTTPAnswer {
        let (origin, cookies) = state.withLock { state in
            state.next = (state.next + 1) % origins.count
            return (origins[state.next], state.cookies)
        }
        var fields = headers.map { CurlRequest.Header($0.key, $0.value) }
        if !cookies.isEmpty {
            fields.append(.init("Cookie", cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")))
        }
        let request = CurlRequest(method, url: origin + path, headers: fields, body: bytes)
        let answer = try await exchange(request, label: "\(method.rawValue) \(path)")
        let set = answer.cookies
        if !set.isEmpty {
            state.withLock { state in
                for (name, value) in set { state.cookies[name] = value.isEmpty ? nil : value }
                state.everSet.formUnion(set.values.filter { !$0.isEmpty })
            }
        }
        return answer
    }

    /// Opens a page of another site: none of this one's cookies go there.
    public func open(_ url: String, headers: [String: String] = [:]) async throws -> HTTPAnswer {
        let fields = headers.map { CurlRequest.Header($0.key, $0.value) }
        return try await exchange(CurlRequest(url: url, headers: fields), label: "GET \(url)")
    }

    /// Sends a form of another site's page.
    public func submit(_ url: String, _ fields: [(name: String, value: String)]) async throws -> HTTPAnswer {
        let request = CurlRequest(
            .post, url: url, headers: [.init("Content-Type", "application/x-www-form-urlencoded")],
            body: Self.encoded(fields))
        return try await exchange(request, label: "POST \(url)")
    }

    private func exchange(_ request: CurlRequest, label: String) async throws -> HTTPAnswer {
        let clock = ContinuousClock()
        let start = clock.now
        let response = try await http.send(request)
        return HTTPAnswer(request: label, response: response, time: clock.now - start)
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
