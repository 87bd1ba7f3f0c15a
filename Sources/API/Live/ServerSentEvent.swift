import Marketplace
import NIOCore

/// The wire format of an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6).
enum ServerSentEvent {
    /// An event. Each line of the data becomes a `data` field.
    static func event(_ name: String, _ data: some Collection<UInt8>) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(data.count + 64)
        buffer.writeString("event: \(name)\ndata: ")
        var previous: UInt8 = 0
        for byte in data {
            switch byte {
            // LF, CR and CR LF each end a line.
            case UInt8(ascii: "\n") where previous == UInt8(ascii: "\r"): break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): buffer.writeStaticString("\ndata: ")
            default: buffer.writeInteger(byte)
            }
            previous = byte
        }
        buffer.writeStaticString("\n\n")
        return buffer
    }

    /// Sets the client's delay before it reconnects.
    static func retry(_ pause: Duration) -> ByteBuffer {
        ByteBuffer(string: "retry: \(pause.wholeMicroseconds / 1000)\n\n")
    }

    /// A comment that keeps the connection alive. Clients ignore it.
    static let heartbeat = ByteBuffer(string: ":\n\n")
}
