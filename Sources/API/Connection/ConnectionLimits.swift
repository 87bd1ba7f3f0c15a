import NIOCore

/// How long a connection may take for each of its phases.
struct ConnectionLimits: Sendable {
    /// Without a request.
    var idle = TimeAmount.seconds(60)
    /// For the header of a request, from the first read that does not complete it.
    var head = TimeAmount.seconds(10)
    /// For a whole request. A route that reads the body gives up earlier: ``RequestLimits/bodyTimeout``.
    var request = TimeAmount.seconds(30)
    /// Without the client reading enough of what was written: 32 KiB, or all.
    var write = TimeAmount.seconds(30)
    /// For the client to close after the last response. Closing at once could reset the connection, and the client
    /// might never see the response (RFC 9112, section 9.6).
    var linger = TimeAmount.seconds(1)
}
