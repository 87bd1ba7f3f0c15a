import Support
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A TCP proxy in front of PostgreSQL. It simulates network failures: it withholds replies or closes all connections.
final class TCPProxy: Sendable {
    let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    private struct State {
        var withholdsReplies = false
        var sockets: [Int32] = []
        var withheldBytes = 0
    }

    /// Forwards to a port of the loopback interface. Without a port, it accepts connections and never replies.
    init(to target: UInt16?) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let size = length
        let failed = unsafe withUnsafeMutableBytes(of: &address) { bytes -> Bool in
            guard let generic = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return true }
            return unsafe bind(listener, generic, size) != 0 || listen(listener, 16) != 0
                || getsockname(listener, generic, &length) != 0
        }
        guard !failed else { throw SupportError("could not bind a port for the proxy (errno \(errno))") }
        port = UInt16(bigEndian: address.sin_port)
        guard let target else { return }
        try thread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                let server = Self.dial(target)
                state.withLock { $0.sockets += [client, server] }
                try? thread { [self] in forward(from: client, to: server, isReply: false) }
                try? thread { [self] in forward(from: server, to: client, isReply: true) }
            }
        }
    }

    /// Drops the server's replies from now on.
    func withholdReplies() { state.withLock { $0.withholdsReplies = true } }

    /// Waits until a reply has been withheld.
    func waitForWithheldReply() async {
        while state.withLock({ $0.withheldBytes == 0 }) { await Task.yield() }
    }

    /// Shuts down every connection.
    func closeConnections() {
        for socket in state.withLock({ $0.sockets }) { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    private func forward(from source: Int32, to sink: Int32, isReply: Bool) {
        var bytes: [UInt8] = Array(repeating: 0, count: 65536)
        while true {
            let count = unsafe read(source, &bytes, bytes.count)
            guard count > 0 else { break }
            let isWithheld = state.withLock { state in
                if state.withholdsReplies && isReply { state.withheldBytes += count }
                return state.withholdsReplies && isReply
            }
            if isWithheld { continue }
            guard unsafe send(sink, &bytes, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        if !state.withLock(\.withholdsReplies) { shutdown(sink, Int32(SHUT_RDWR)) }
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func dial(_ port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port)
        _ = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            unsafe bytes.baseAddress.map {
                unsafe connect(
                    descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
    }

    /// Runs the body on a new thread, because its reads block.
    private func thread(_ body: @escaping @Sendable () -> Void) throws {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(Box(body)).toOpaque()
        guard
            unsafe pthread_create(
                &thread, nil,
                { context in
                    guard let context = unsafe context else { return nil }
                    unsafe Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                    return nil
                }, context) == 0
        else { throw SupportError("could not start a thread for the proxy") }
        pthread_detach(thread)
    }
}
