/// One HTTP request. Bodies are whole byte arrays: GitTix sends small ones only.
public struct CurlRequest: Sendable, Equatable {
    public enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    public struct Header: Sendable, Equatable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var method: Method
    /// Absolute, `http` or `https`.
    public var url: String
    public var headers: [Header]
    /// Sent with any method but GET and HEAD; an empty body is sent as `Content-Length: 0` by POST, PUT and PATCH.
    public var body: [UInt8]
    /// Name lookup, TCP and TLS together.
    public var connectTimeout: Duration
    /// The whole exchange, from the call to the last byte of the answer.
    public var timeout: Duration
    /// An answer with a longer body fails as `tooLarge`.
    public var maxResponseBytes: Int

    public init(
        _ method: Method = .get,
        url: String,
        headers: [Header] = [],
        body: [UInt8] = [],
        connectTimeout: Duration = .seconds(5),
        timeout: Duration = .seconds(30),
        maxResponseBytes: Int = 1 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.maxResponseBytes = maxResponseBytes
    }
}

extension CurlRequest {
    /// Why libcurl must not be given this request: a line break in a header would start another header, a NUL would cut
    /// a C string short.
    var refusal: String? {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return "the URL has a space or control character"
        }
        let scheme = url.prefix(8).lowercased()
        guard scheme.hasPrefix("http://") || scheme.hasPrefix("https://") else {
            return "the URL is neither http nor https"
        }
        for header in headers {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(Self.isTokenByte) else {
                return "a header's name is not a token"
            }
            guard header.value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
                return "the value of header \(header.name) has a control character"
            }
        }
        if (method == .get || method == .head) && !body.isEmpty { return "\(method.rawValue) carries no body" }
        return nil
    }

    /// What may be shown of it: method and URL without user, query and fragment.
    var label: String {
        var shown = url[...]
        if let end = shown.firstIndex(where: { $0 == "?" || $0 == "#" }) { shown = shown[..<end] }
        if let start = shown.firstRange(of: "://")?.upperBound {
            let authorityEnd = shown[start...].firstIndex(of: "/") ?? shown.endIndex
            if let at = shown[start..<authorityEnd].lastIndex(of: "@") {
                return "\(method.rawValue) \(shown[..<start])\(shown[shown.index(after: at)...])"
            }
        }
        return "\(method.rawValue) \(shown)"
    }

    /// RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
