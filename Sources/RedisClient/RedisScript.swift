import Crypto

/// A Lua script. The server identifies it by the SHA-1 digest of its source.
public struct RedisScript: Sendable, Hashable {
    public let source: String
    /// 40 lower-case hexadecimal digits, for EVALSHA.
    public let digest: String

    public init(_ source: String) {
        self.source = source
        let hexadecimal = Array("0123456789abcdef".utf8)
        var digest: [UInt8] = []
        for byte in Insecure.SHA1.hash(data: Array(source.utf8)) {
            digest.append(hexadecimal[Int(byte >> 4)])
            digest.append(hexadecimal[Int(byte & 15)])
        }
        self.digest = String(decoding: digest, as: UTF8.self)
    }
}
