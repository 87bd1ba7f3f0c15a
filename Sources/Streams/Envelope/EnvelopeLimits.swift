/// Maximum lengths of the fields, in bytes.
public enum EnvelopeLimits {
    public static let type = 64
    public static let actor = 64
    /// The name of a process.
    public static let instance = 64
    /// The name of a process and the number of a waiter.
    public static let reply = 96
    /// A traceparent has 55 bytes.
    public static let trace = 128
    public static let fingerprint = 128
    /// An HMAC-SHA256 in base64 has 44 bytes.
    public static let mac = 64
    public static let subject = 64
    public static let body = 65_536
}
