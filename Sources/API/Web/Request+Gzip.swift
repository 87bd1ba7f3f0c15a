import HTTPTypes
import Hummingbird

extension Request {
    /// True if the client accepts gzip (RFC 9110, section 12.5.3). Only the first 32 codings are read.
    var acceptsGzip: Bool {
        for coding in (headers[.acceptEncoding] ?? "").prefix(256).lowercased().split(separator: ",", maxSplits: 32) {
            let parts = coding.split(separator: ";").map { String($0).trimmed }
            guard let name = parts.first, name == "gzip" || name == "*" else { continue }
            return !parts.dropFirst().contains { $0.replacing(" ", with: "") == "q=0" }
        }
        return false
    }
}
