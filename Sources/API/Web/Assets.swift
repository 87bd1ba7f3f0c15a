import Crypto
import Gzip
import HTTPTypes
import Hummingbird
import NIOCore

/// The files that pages ask for beside themselves. Each one's address holds a digest of its bytes, so it may be kept for
/// as long as a browser likes.
struct Assets: Sendable {
    struct Asset: Sendable {
        let path: String
        let type: String
        let plain: ByteBuffer
        let packed: ByteBuffer
    }

    let style: Asset
    let script: Asset
    let icon: Asset

    init() {
        style = Self.asset("style", "css", "text/css; charset=utf-8", PackageResources.style_css)
        script = Self.asset("script", "js", "text/javascript; charset=utf-8", PackageResources.script_js)
        icon = Self.asset("icon", "svg", "image/svg+xml", PackageResources.icon_svg)
    }

    func add(to routes: Router<APIContext>) {
        for asset in [style, script, icon] {
            routes.get(RouterPath(asset.path)) { request, _ in Self.answer(asset, request) }
        }
        // What browsers ask for on their own, next to what is not a page.
        routes.get("/favicon.ico") { _, _ in Response.seeOther(icon.path) }
    }

    private static func asset(_ name: String, _ suffix: String, _ type: String, _ bytes: [UInt8]) -> Asset {
        let digest = Array(SHA256.hash(data: bytes).prefix(6))
        let packed = Gzip.compress(bytes, level: .best) ?? bytes
        return Asset(
            path: "/assets/\(name).\(Base64URL.encode(digest)).\(suffix)", type: type,
            plain: ByteBuffer(bytes: bytes), packed: ByteBuffer(bytes: packed))
    }

    private static func answer(_ asset: Asset, _ request: Request) -> Response {
        var headers: HTTPFields = [
            .contentType: asset.type, .cacheControl: "public, max-age=31536000, immutable", .vary: "Accept-Encoding",
        ]
        let isPacked = request.acceptsGzip
        if isPacked { headers[.contentEncoding] = "gzip" }
        return Response(
            status: .ok, headers: headers, body: .init(byteBuffer: isPacked ? asset.packed : asset.plain))
    }
}
