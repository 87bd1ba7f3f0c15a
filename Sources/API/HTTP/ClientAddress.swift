import HTTPTypes
import Hummingbird

/// Where a request comes from, for counting attempts.
struct ClientAddress: Sendable {
    /// How many proxies of ours stand before this process. Each appends the address that it was called from to
    /// `X-Forwarded-For`; what stands before those was written by the client, and is worth nothing.
    let trustedProxies: Int

    func of(_ request: Request, _ context: APIContext) -> String {
        let peer = Self.network(context.peer ?? "unknown")
        guard trustedProxies > 0 else { return peer }
        let hops = request.headers[values: .forwardedFor].joined(separator: ",").split(separator: ",")
            .map { String($0).trimmed }
        guard hops.count >= trustedProxies else { return peer }
        return Self.network(String(hops[hops.count - trustedProxies].prefix(64)))
    }

    /// Whom an address belongs to: an IPv6 customer has 64 bits of them to choose from, so the first 64 count.
    static func network(_ address: String) -> String {
        // One of IPv4 written as IPv6 has dots.
        guard address.contains(":"), !address.contains(".") else { return address }
        let halves = address.lowercased().split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
            .map { $0.split(separator: ":") }
        var groups = halves[0]
        if halves.count == 2 {
            groups += Array(repeating: "0", count: max(0, 8 - halves[0].count - halves[1].count)) + halves[1]
        }
        return groups.prefix(4).map { group in
            let digits = group.drop { $0 == "0" }
            return digits.isEmpty ? "0" : digits
        }.joined(separator: ":") + "::/64"
    }
}
