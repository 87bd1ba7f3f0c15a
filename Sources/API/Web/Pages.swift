import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore

/// Makes pages of templates: the frame around them, and the headers that every page has.
struct Pages: Sendable {
    let templates: Templates
    let assets: Assets
    /// Scheme, host and port that the pages are served at; no slash at its end.
    let publicURL: String
    private let contentSecurityPolicy: String

    /// - Parameter checkoutOrigin: where buyers are sent to pay. A browser that obeys `form-action` wants to know of it:
    ///   the answer to a form of ours sends there.
    init(templates: Templates, assets: Assets, publicURL: String, checkoutOrigin: String) {
        self.templates = templates
        self.assets = assets
        self.publicURL = publicURL
        contentSecurityPolicy = [
            "default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'", "connect-src 'self'",
            "form-action 'self' \(checkoutOrigin)", "base-uri 'none'", "frame-ancestors 'none'",
        ].joined(separator: "; ")
    }

    /// A whole page.
    ///
    /// - Parameters:
    ///   - template: the name of one that fills in the frame.
    ///   - view: what it shows. The names `frame`, `head` and `user` are the frame's own.
    func page(
        _ template: String, _ view: View, _ head: PageHead, status: HTTPResponse.Status = .ok,
        _ request: Request, _ context: APIContext
    ) throws -> Response {
        try page(status: status, request, context) { try render(template, view, head, request, context) }
    }

    /// A whole page.
    ///
    /// - Parameter render: gives it, made now or kept.
    func page(
        status: HTTPResponse.Status = .ok, _ request: Request, _ context: APIContext,
        _ render: () throws -> RenderedPage
    ) rethrows -> Response {
        let loaded = ContinuousClock.now
        let page = try render()
        let rendered = ContinuousClock.now
        var headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: contentSecurityPolicy,
            .vary: "Accept-Encoding, Accept-Language, Cookie",
            // What shows someone's own is kept by nobody; what everyone sees may be shown again when one goes back.
            .cacheControl: context.isSomebody || request.method != .get ? "no-store" : "private, no-cache",
        ]
        var body = page.plain
        // By `now` the script tells how far the browser's clock is off.
        var timing = "now;dur=\(Timestamp.now().milliseconds), load;dur=\(Self.milliseconds(loaded - context.start))"
        timing += ", render;dur=\(Self.milliseconds(rendered - loaded))"
        if request.acceptsGzip, let packed = page.packed {
            body = packed
            headers[.contentEncoding] = "gzip"
            timing += ", gzip;dur=\(Self.milliseconds(.now - rendered))"
        }
        headers[.serverTiming] = timing
        return Response(status: status, headers: headers, body: .init(byteBuffer: body))
    }

    /// The body of a page. It depends on nothing of the request but its address, and of the context who asks.
    func render(
        _ template: String, _ view: View, _ head: PageHead, _ request: Request, _ context: APIContext
    ) throws -> RenderedPage {
        RenderedPage(try fragment(template, frame(head, request, context).merging(view)))
    }

    /// A part of a page.
    func fragment(_ template: String, _ view: View) throws -> String {
        guard let text = templates.render(template, view) else { throw MissingTemplate(name: template) }
        return text
    }

    /// The address of a path, for those who are elsewhere.
    func url(_ path: String) -> String { publicURL + path }

    private func frame(_ head: PageHead, _ request: Request, _ context: APIContext) -> View {
        let path = request.uri.path
        let here = LocalPath(request.uri.string)?.text ?? "/"
        let isSigning = path == "/signin" || path == "/signup"
        return [
            "head": [
                "title": head.title, "description": head.description, "canonical": head.canonical.map(url),
                "structured": head.structured.map(EmbeddedJSON.text),
                "refresh": head.refresh.map {
                    ["seconds": $0.seconds, "path": $0.path, "noscript": $0.isForNoScript] as View
                },
            ] as View,
            "frame": [
                "style": assets.style.path, "script": assets.script.path, "icon": assets.icon.path,
                "links": Self.links(context, path), "next": isSigning ? nil : URLText.encoded(here),
            ] as View,
            "user": context.isSomebody,
        ]
    }

    private static func links(_ context: APIContext, _ path: String) -> [View] {
        var links = [("Browse", "/"), ("Sell tickets", "/sell")]
        if context.isSomebody { links += [("Orders", "/orders"), ("Listings", "/listings"), ("Account", "/account")] }
        if context.user?.role == .admin { links.append(("Admin", "/admin/users")) }
        return links.map { text, target in
            let isCurrent = target == path || target == "/admin/users" && path.hasPrefix("/admin/")
            return ["text": text, "path": target, "current": isCurrent]
        }
    }

    private static func milliseconds(_ duration: Duration) -> Double {
        Double(duration.wholeMicroseconds) / 1000
    }
}

/// A page asks for a template that is not there.
struct MissingTemplate: Error, CustomStringConvertible {
    let name: String

    var description: String { "there is no template \(name)" }
}

extension HTTPField.Name {
    static let serverTiming = HTTPField.Name("Server-Timing")!
}
