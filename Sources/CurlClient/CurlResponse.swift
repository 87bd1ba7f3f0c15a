/// A complete HTTP response. Redirects are not followed.
public struct CurlResponse: Sendable, Equatable {
    public var status: Int
    /// Headers in the order received, including trailers.
    public var headers: [CurlRequest.Header]
    public var body: [UInt8]

    public init(status: Int, headers: [CurlRequest.Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first header with this name. Case is ignored.
    public subscript(header name: String) -> String? {
        headers.first { header in
            header.name.utf8.count == name.utf8.count
                && zip(header.name.utf8, name.utf8).allSatisfy { Self.lowercase($0) == Self.lowercase($1) }
        }?.value
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
