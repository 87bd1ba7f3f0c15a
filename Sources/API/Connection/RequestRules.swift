import HTTPTypes
import JSONCoding
import NIOHTTP1

/// The rules of RFC 9112 for the head of a request, without the rules that the parser checks.
enum RequestRules {
    /// The facts of a head that decide how its connection continues.
    struct Facts: Equatable {
        var method: HTTPMethod
        var isHTTP10: Bool
        /// False if the connection ends after the response.
        var isKeptOpen: Bool
        /// True if the client waits for `100 Continue` before it sends the body.
        var expectsContinue = false
    }

    /// Checks a head.
    ///
    /// - Throws: ``Problem`` (400, 417, 501); the connection must be closed after it.
    static func facts(of head: HTTPRequestHead) throws(Problem) -> Facts {
        let isHTTP10 = head.version.minor == 0
        var facts = Facts(method: head.method, isHTTP10: isHTTP10, isKeptOpen: head.isKeepAlive)
        var hosts = 0
        var (hasUpgrade, connection) = (false, "")
        for (name, value) in head.headers {
            guard StreamSafeText.isSafe(value) else { throw .badRequest("\(name) has \(StreamSafeText.excess)") }
            switch name.utf8.count {
            case 4 where isEqual(name, "host"):
                hosts += 1
                guard isHost(value) else { throw .badHost("is not a host with an optional port") }
            case 6 where isEqual(name, "expect"):
                // HTTP/1.0 has no `Expect` (RFC 9110, section 10.1.1).
                guard !isHTTP10 else { break }
                for expectation in value.split(separator: ",").map(\.trimmingSpaces) where !expectation.isEmpty {
                    guard expectation.lowercased() == "100-continue" else { throw .expectationFailed }
                    facts.expectsContinue = true
                }
            case 7 where isEqual(name, "upgrade"): hasUpgrade = true
            case 10 where isEqual(name, "connection"): connection += "," + value.lowercased()
            case 17 where isEqual(name, "transfer-encoding"):
                // RFC 9112, section 6.1.
                if isHTTP10 { throw .badRequest("HTTP/1.0 has no Transfer-Encoding") }
                if Substring(value.lowercased()).trimmingSpaces != "chunked" { throw .codingNotImplemented }
            default: break
            }
        }
        guard hosts == 1 || isHTTP10 && hosts == 0 else {
            throw .badHost(hosts == 0 ? "is missing" : "is given twice")
        }
        if head.method == .CONNECT { throw .notImplemented }
        guard isTarget(head.uri, head.method) else {
            throw .badRequest("the target of the request must be a path, or a URL with http or https")
        }
        guard URLEncoding.isStreamSafe(head.uri) else { throw .badRequest("the URL has \(StreamSafeText.excess)") }
        // The server ignores a request to change the protocol (RFC 9110, section 7.8), but the parser stops after it,
        // even if `Connection` contains the word only as part of a longer word.
        if hasUpgrade, connection.contains("upgrade") { facts.isKeptOpen = false }
        return facts
    }

    /// Compares a name with a lowercase name, ignoring case.
    private static func isEqual(_ name: String, _ lowercased: StaticString) -> Bool {
        unsafe zip(name.utf8, UnsafeBufferPointer(start: lowercased.utf8Start, count: lowercased.utf8CodeUnitCount))
            .allSatisfy { $0 | 0x20 == $1 }
    }

    /// `origin-form`, `absolute-form` or, for OPTIONS, `asterisk-form` (RFC 9112, section 3.2).
    private static func isTarget(_ target: String, _ method: HTTPMethod) -> Bool {
        if target.utf8.first == UInt8(ascii: "/") { return true }
        if target == "*" { return method == .OPTIONS }
        return authority(ofAbsolute: target).map(isHost) ?? false
    }

    /// The host and port of an absolute URL, or `nil` if the target is not an absolute URL.
    static func authority(ofAbsolute target: String) -> String? {
        let lowercased = target.prefix(8).lowercased()
        for scheme in ["http://", "https://"] where lowercased.hasPrefix(scheme) {
            return String(target.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" })
        }
        return nil
    }

    /// True for a host that is not empty, with an optional port (RFC 9110, section 7.2; RFC 3986, section 3.2.2).
    static func isHost(_ value: String) -> Bool {
        var bytes = value.utf8[...]
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")), bytes.index(after: bytes.startIndex) < end,
                bytes[bytes.index(after: bytes.startIndex)..<end].allSatisfy(isInAddress)
            else { return false }
            bytes = bytes[bytes.index(after: end)...]
        } else {
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            guard end > bytes.startIndex, bytes[..<end].allSatisfy(isInName) else { return false }
            bytes = bytes[end...]
        }
        guard let colon = bytes.first else { return true }
        let port = bytes.dropFirst()
        return colon == UInt8(ascii: ":") && port.count <= 5 && port.allSatisfy(isDigit)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }

    /// `reg-name`: unreserved characters, sub-delimiters and percent-escapes.
    private static func isInName(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "-._~%!$&'()*+,;=".utf8.contains(byte)
    }

    private static func isInAddress(_ byte: UInt8) -> Bool {
        isDigit(byte) || isLetter(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while let first = text.utf8.first, first == 0x20 || first == 0x09 { text = text.dropFirst() }
        while let last = text.utf8.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
        return text
    }
}

extension Problem {
    /// 400 for a request that cannot be read safely. The connection is closed.
    static func badRequest(_ detail: String) -> Problem {
        Problem(.badRequest, "not-http", "The request can't be read", detail)
    }

    static let notHTTP = badRequest("the request is not well-formed HTTP")

    /// 400, as RFC 9112, section 3.2, requires.
    static func badHost(_ fault: String) -> Problem {
        Problem(
            .badRequest, "bad-host", "The Host is not valid",
            "Host \(fault): send it once, as a host with an optional port")
    }

    /// 501 for CONNECT: this server is not a proxy.
    static let notImplemented = Problem(
        .notImplemented, "not-implemented", "Not implemented", "this server is not a proxy: CONNECT is not implemented")

    /// 501 for a body with a transfer coding other than `chunked`, such as gzip.
    static let codingNotImplemented = Problem(
        .notImplemented, "not-implemented", "Not implemented",
        "the only Transfer-Encoding that the server reads is `chunked`")

    /// RFC 9110, section 10.1.1.
    static let expectationFailed = Problem(
        .expectationFailed, "expectation-failed", "The expectation can't be met",
        "the server supports only `Expect: 100-continue`: send the request without another Expect")

    static let headersTooLarge = Problem(
        .requestHeaderFieldsTooLarge, "headers-too-large", "The headers are too large",
        "the headers are too many or too long")

    static let headTooSlow = Problem(
        .requestTimeout, "too-slow", "The request arrives too slowly",
        "the headers did not arrive in time: send the request again")

    static let tooManyConnections = Problem(
        .tooManyRequests, "too-many-connections", "Too many connections",
        "your address has too many open connections: close some, and try again", headers: [.retryAfter: "10"])
}
