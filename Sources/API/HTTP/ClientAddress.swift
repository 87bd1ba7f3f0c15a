import HTTPTypes
import Hummingbird

/// Where a request comes from, for counting attempts.
struct ClientAddress: Sendable {
    /// How many proxies of ours stand before this process. Each appends the address that it was called from to
    /// `X-Forwarded-For`; what stands before those was written by the client, and is worth nothing.
    let trustedProxies: Int

    func of(_ request: Request, _ context: APIContext) -> String {
        let peer = context.peer ?? "unknown"
        guard trustedProxies > 0 else { return peer }
        let hops = request.headers[values: .forwardedFor].joined(separator: ",").split(separator: ",")
            .map { String($0).trimmed }
        guard hops.count >= trustedProxies else { return peer }
        return String(hops[hops.count - trustedProxies].prefix(64))
    }
}
