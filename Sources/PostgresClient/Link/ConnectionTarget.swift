import CLibPQ

/// The hosts and names of a connection URL, as libpq's own parser reads them; without the password.
struct ConnectionTarget: Sendable, CustomStringConvertible {
    private(set) var hosts: [String] = []
    private(set) var addresses: [String] = []
    private(set) var ports: [String] = []
    private(set) var user = ""
    private(set) var database = ""

    init(url: String) throws {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = unsafe PQconninfoParse(url, &message) else {
            // libpq's message may quote the URL, password and all.
            unsafe PQfreemem(message)
            throw PostgresError.usage("no PostgreSQL URL: expected postgresql://user:password@host:port/database")
        }
        defer { unsafe PQconninfoFree(options) }
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                let text = unsafe String(cString: value)
                switch unsafe String(cString: keyword) {
                case "host": hosts = Self.list(text)
                case "hostaddr": addresses = Self.list(text)
                case "port": ports = Self.list(text)
                case "user": user = text
                case "dbname": database = text
                default: break
                }
            }
            unsafe option += 1
        }
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    var hostCount: Int { max(hosts.count, addresses.count, 1) }

    /// Turns the list until the host is its last. One port may stand for all hosts.
    mutating func putLast(_ host: String) {
        for _ in 0..<hostCount {
            rotate()
            if (hosts.isEmpty ? addresses : hosts).last == host { return }
        }
    }

    private mutating func rotate() {
        for list in [\Self.hosts, \.addresses, \.ports] where self[keyPath: list].count > 1 {
            let first = self[keyPath: list].removeFirst()
            self[keyPath: list].append(first)
        }
    }

    var description: String {
        let places = (hosts.isEmpty ? addresses : hosts).enumerated().map { index, host in
            let port = ports.count == 1 ? ports[0] : ports.indices.contains(index) ? ports[index] : ""
            return port.isEmpty ? host : "\(host):\(port)"
        }
        return "postgresql://\(user.isEmpty ? "" : "\(user)@")\(places.joined(separator: ","))/\(database)"
    }
}
