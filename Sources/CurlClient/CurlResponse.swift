/// A whole HTTP answer. Redirects are answers like any other: they are not followed.
public struct CurlResponse: Sendable, Equatable {
    public var status: Int
    /// In the order they came, trailers included.
    public var headers: [CurlRequest.Header]
    public var body: [UInt8]

    public init(status: Int, headers: [CurlRequest.Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of that name, whose case does not matter.
    public subscript(header name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}
