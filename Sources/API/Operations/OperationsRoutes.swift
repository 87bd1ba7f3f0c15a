import Bootstrap
import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore

/// The health checks for the host, the OpenAPI document, and the address for reports of vulnerabilities.
struct OperationsRoutes: Sendable {
    let readiness: Readiness
    let openAPI: CompressibleBody
    let web: WebSettings

    func add(to routes: Router<APIContext>) {
        routes.get("/healthz") { _, _ in Response.json(["status": "alive", "version": Version.current]) }
        routes.get("/readyz") { _, _ in
            let report = await readiness.report()
            return Response.json(report, status: report.status == .ready ? .ok : .serviceUnavailable)
        }
        let digest = SHA256.hash(data: openAPI.plain.readableBytesView)
        let tag = EntityTag(text: Base64URL.encode(Array(digest.prefix(12)))).header
        routes.get("/openapi.json") { request, _ in
            Response.json(
                openAPI, to: request, headers: [.cacheControl: "public, max-age=300", .eTag: tag])
        }
        guard let contact = web.securityContact else { return }
        routes.get("/.well-known/security.txt") { _, _ in securityText(contact) }
    }

    /// The file of RFC 9116. Its text is made for each request, and expires half a year later.
    private func securityText(_ contact: String) -> Response {
        let expires = Timestamp.now() + .seconds(180 * 86_400)
        let text = """
            Contact: \(contact)
            Expires: \(expires)
            Preferred-Languages: en
            Canonical: \(web.publicURL)/.well-known/security.txt

            """
        return Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "public, max-age=86400"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
