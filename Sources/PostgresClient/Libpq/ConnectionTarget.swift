import CLibPQ

/// The hosts, user and database of a connection URL, parsed by libpq. It does not contain the password.
struct ConnectionTarget: Sendable, CustomStringConvertible {
    private(set) var hosts: [String] = []
    private(set) var addresses: [String] = []
    private(set) var ports: [String] = []
    private(set) var user = ""
    private(set) var database = ""
    private(set) var sslMode = ""
    /// True if the URL has a password, a password file or a client certificate.
    private(set) var hasCredential = false

    init(url: String) throws {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = unsafe PQconninfoParse(url, &message) else {
            // libpq's message may quote the URL, including the password.
            unsafe PQfreemem(message)
            throw PostgresError.usage(
                "the PostgreSQL URL is malformed; expected postgresql://user:password@host:port/database")
        }
        defer { unsafe PQconninfoFree(options) }
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                let text = unsafe String(cString: value)
                switch unsafe String(cString: keyword) {
                case "host": hosts = Self.split(text)
                case "hostaddr": addresses = Self.split(text)
                case "port": ports = Self.split(text)
                case "user": user = text
                case "dbname": database = text
                case "sslmode": sslMode = text
                case "password", "passfile", "sslcert": hasCredential = hasCredential || !text.isEmpty
                default: break
                }
            }
            unsafe option += 1
        }
    }

    private static func split(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    var hostCount: Int { max(hosts.count, addresses.count, 1) }

    /// Rotates the lists until the host is last. A single port stays, because it applies to all hosts.
    mutating func moveToEnd(_ host: String) {
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
        let endpoints = (hosts.isEmpty ? addresses : hosts).enumerated().map { index, host in
            let port = ports.count == 1 ? ports[0] : ports.indices.contains(index) ? ports[index] : ""
            return port.isEmpty ? host : "\(host):\(port)"
        }
        return "postgresql://\(user.isEmpty ? "" : "\(user)@")\(endpoints.joined(separator: ","))/\(database)"
    }
}
