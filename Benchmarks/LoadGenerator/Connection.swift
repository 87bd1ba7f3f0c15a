import Glibc

/// A connection that carries one request at a time.
final class Connection {
    /// The index of the target.
    let target: Int
    let address: sockaddr_in
    var descriptor: Int32 = -1
    var isConnected = false
    /// The flow that waits for a response.
    var flow: Flow?
    /// The bytes that have arrived of an incomplete response.
    var received: [UInt8] = []
    /// The bytes of the request that the socket has not accepted yet.
    var unsent: ArraySlice<UInt8> = []

    init(target: Int, address: sockaddr_in) {
        self.target = target
        self.address = address
    }

    /// Begins to connect. The poller reports when the connection is established.
    func open() throws {
        close()
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else {
            throw GeneratorError("could not create a socket (errno \(errno)): check the limit `ulimit -n`")
        }
        var on: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = address
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 || errno == EINPROGRESS else { throw GeneratorError("could not connect (errno \(errno))") }
    }

    func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        (descriptor, isConnected) = (-1, false)
        received.removeAll(keepingCapacity: true)
        unsent = []
    }

    func send(_ bytes: [UInt8]) {
        let sent = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
        if sent < bytes.count { unsent = bytes[max(0, sent)...] }
    }

    func sendRest() {
        guard !unsent.isEmpty else { return }
        let sent = unsafe unsent.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
        if sent > 0 { unsent = unsent.dropFirst(sent) }
    }

    /// Prevents SIGPIPE. The poller reports a closed connection.
    private let flags = Int32(MSG_NOSIGNAL)
}
