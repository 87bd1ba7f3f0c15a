/// One HTTP request. The body is one byte array, because GitTix sends only small bodies.
public struct CurlRequest: Sendable, Equatable {
    public enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
        case options = "OPTIONS"
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
    /// An absolute `http` or `https` URL.
    public var url: String
    public var headers: [Header]
    /// Must be empty for GET and HEAD. POST, PUT and PATCH send an empty body as `Content-Length: 0`.
    public var body: [UInt8]
    /// Limit for name lookup, TCP and TLS together.
    public var connectTimeout: Duration
    /// Limit for the whole exchange, from the call to the last byte of the response.
    public var timeout: Duration
    /// Maximum size of the response body. A longer body fails with `tooLarge`.
    public var maxResponseBytes: Int
    /// True to connect only to ``PublicAddress``es. Use it for a host that somebody else chooses. The connection always
    /// uses the checked address, even if the name resolves to another address later.
    public var onlyPublicAddresses: Bool

    public init(
        _ method: Method = .get,
        url: String,
        headers: [Header] = [],
        body: [UInt8] = [],
        connectTimeout: Duration = .seconds(5),
        timeout: Duration = .seconds(30),
        maxResponseBytes: Int = 1 << 20,
        onlyPublicAddresses: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.maxResponseBytes = maxResponseBytes
        self.onlyPublicAddresses = onlyPublicAddresses
    }
}

extension CurlRequest {
    /// The reason why this request must not reach libcurl, or `nil` if it is valid. For example, a line break in a
    /// header would start another header, and a NUL would truncate a C string.
    var validationError: String? {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return "the URL contains a space or control character"
        }
        let scheme = url.prefix(8).lowercased()
        guard scheme.hasPrefix("http://") || scheme.hasPrefix("https://") else {
            return "the URL is neither http nor https"
        }
        for header in headers {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(Self.isTokenByte) else {
                return "a header name is not a token"
            }
            guard header.value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
                return "the value of header \(header.name) contains a control character"
            }
        }
        if (method == .get || method == .head) && !body.isEmpty { return "\(method.rawValue) must not have a body" }
        return nil
    }

    /// The method and the URL without user, query and fragment: safe for logs.
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

    /// Token characters of RFC 9110, section 5.6.2.
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
