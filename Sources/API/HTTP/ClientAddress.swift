import HTTPTypes
import Hummingbird
import NIOCore

/// Finds the address of a client, for limits and logs.
struct ClientAddress: Sendable {
    /// Number of trusted proxies in front of this process. Each appends the address of its caller to `X-Forwarded-For`.
    /// Earlier entries come from the client, and are ignored.
    let trustedProxies: Int

    func of(_ request: Request, _ context: APIContext) -> String {
        let peer = Self.network(context.peer ?? "unknown")
        guard trustedProxies > 0 else { return peer }
        let hops = request.headers[values: .forwardedFor].joined(separator: ",")
        return Self.hop(trustedProxies, fromEndOf: hops).flatMap(Self.address).map(Self.network) ?? peer
    }

    /// The entry of a list at a position from its end, or `nil` if there are fewer entries. A client may send a long
    /// list, so only its end is read.
    private static func hop(_ position: Int, fromEndOf list: String) -> String? {
        var rest = list.utf8[...]
        var found = 0
        while !rest.isEmpty {
            let start = rest.lastIndex(of: UInt8(ascii: ",")).map(rest.index(after:)) ?? rest.startIndex
            let entry = String(Substring(rest[start...])).trimmed
            if !entry.isEmpty { found += 1 }
            if found == position { return entry }
            guard start > rest.startIndex else { return nil }
            rest = rest[..<rest.index(before: start)]
        }
        return nil
    }

    /// Returns the address without a port or brackets, or `nil` if the text is not an address. An IPv4 address in IPv6
    /// notation becomes an IPv4 address. So a client has the same address, whichever notation its proxy writes.
    static func address(in text: String) -> String? {
        var text = text.prefix(64).lowercased()
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            text = String(text[text.index(after: text.startIndex)..<end])
        } else if text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") {
            text = String(text[..<colon])
        }
        guard let address = try? SocketAddress(ipAddress: text, port: 0).ipAddress?.lowercased() else { return nil }
        return address.hasPrefix("::ffff:") && address.contains(".") ? String(address.dropFirst(7)) : address
    }

    /// Returns the part of an address or network that the access log shows: enough to recognise an attack, not enough
    /// to tell who sent a request. That is a /24 of IPv4 and a /48 of IPv6.
    static func shortened(_ address: String) -> String {
        if let end = address.lastIndex(of: ".") { return address[..<end] + ".0/24" }
        guard address.hasSuffix("::/64") else { return address }
        return address.dropLast(5).split(separator: ":").prefix(3).joined(separator: ":") + "::/48"
    }

    /// The network of one customer: an IPv6 customer may use any address of a /64 network, so the first 64 bits count.
    static func network(_ address: String) -> String {
        // An IPv4 address in IPv6 notation contains dots.
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
