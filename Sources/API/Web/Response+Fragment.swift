import Hummingbird

extension Response {
    /// A part of a page, which the script inserts.
    static func fragment(_ markup: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: .init(string: markup)))
    }
}
