import Synchronization

/// Counts the open connections of each address.
final class AddressConnections: Sendable {
    private let limit: Int
    /// An entry exists only while its address has a connection, so there are never more entries than connections.
    private let counts = Mutex<[String: Int]>([:])

    init(limit: Int) { self.limit = limit }

    /// Counts a new connection. Returns false if the address now has more than the limit. A refused connection counts
    /// too, until it is closed.
    func open(_ address: String) -> Bool {
        counts.withLock { counts in
            counts[address, default: 0] += 1
            return counts[address, default: 0] <= limit
        }
    }

    func close(_ address: String) {
        counts.withLock { counts in
            guard let count = counts[address] else { return }
            counts[address] = count > 1 ? count - 1 : nil
        }
    }

    /// Number of addresses with a connection.
    var count: Int { counts.withLock(\.count) }
}
