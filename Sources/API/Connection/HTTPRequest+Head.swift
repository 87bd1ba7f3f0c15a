import HTTPTypes
import NIOHTTP1
import NIOHTTPTypesHTTP1

extension HTTPRequest {
    /// Makes the request from a head that ``RequestRules`` has accepted.
    init?(_ head: HTTPRequestHead) {
        guard let method = try? Method(head.method) else { return nil }
        var fields = HTTPFields()
        fields.reserveCapacity(head.headers.count)
        var host: String?
        for (name, value) in head.headers {
            if host == nil, name.utf8.count == 4, name.lowercased() == "host" {
                host = value
            } else if let name = HTTPField.Name(name) {
                fields.append(HTTPField(name: name, value: value))
            }
        }
        var path = head.uri
        // The host in the target takes precedence over the `Host` header (RFC 9112, section 3.2.2).
        if let authority = RequestRules.authority(ofAbsolute: path) {
            host = authority
            let rest = path.drop { $0 != ":" }.dropFirst(3 + authority.count)
            path = rest.first == "/" ? String(rest) : "/" + rest
        }
        self.init(method: method, scheme: "http", authority: host, path: path, headerFields: fields)
    }
}
