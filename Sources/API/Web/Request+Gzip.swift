import HTTPTypes
import Hummingbird

extension Request {
    /// True if the client accepts gzip (RFC 9110, section 12.5.3).
    var acceptsGzip: Bool {
        for coding in (headers[.acceptEncoding] ?? "").lowercased().split(separator: ",") {
            let parts = coding.split(separator: ";").map { String($0).trimmed }
            guard let name = parts.first, name == "gzip" || name == "*" else { continue }
            return !parts.dropFirst().contains { $0.replacing(" ", with: "") == "q=0" }
        }
        return false
    }
}
