import Crypto
import Gzip
import HTTPTypes
import Hummingbird
import NIOCore

/// The files that every page loads: style sheet, script and icon. Each path contains a digest of the content, so
/// browsers may cache it permanently.
struct Assets: Sendable {
    struct Asset: Sendable {
        let path: String
        let type: String
        let plain: ByteBuffer
        let gzipped: ByteBuffer
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
            routes.get(RouterPath(asset.path)) { request, _ in Self.response(asset, request) }
        }
        // Browsers request this path themselves for responses that are not pages.
        routes.get("/favicon.ico") { _, _ in Response.seeOther(icon.path) }
    }

    private static func asset(_ name: String, _ suffix: String, _ type: String, _ bytes: [UInt8]) -> Asset {
        let digest = Array(SHA256.hash(data: bytes).prefix(6))
        let gzipped = Gzip.compress(bytes, level: .best) ?? bytes
        return Asset(
            path: "/assets/\(name).\(Base64URL.encode(digest)).\(suffix)", type: type,
            plain: ByteBuffer(bytes: bytes), gzipped: ByteBuffer(bytes: gzipped))
    }

    private static func response(_ asset: Asset, _ request: Request) -> Response {
        var headers: HTTPFields = [
            .contentType: asset.type, .cacheControl: "public, max-age=31536000, immutable", .vary: "Accept-Encoding",
        ]
        let acceptsGzip = request.acceptsGzip
        if acceptsGzip { headers[.contentEncoding] = "gzip" }
        return Response(
            status: .ok, headers: headers, body: .init(byteBuffer: acceptsGzip ? asset.gzipped : asset.plain))
    }
}
