import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore

/// Renders templates into whole pages, with the layout around them and the headers of every page.
struct Pages: Sendable {
    let templates: Templates
    let assets: Assets
    /// Scheme, host and port of the site, without a trailing slash.
    let publicURL: String
    private let contentSecurityPolicy: String

    /// - Parameter checkoutOrigin: origin of the payment page. `form-action` must list it, because a form's response
    ///   redirects there.
    init(templates: Templates, assets: Assets, publicURL: String, checkoutOrigin: String) {
        self.templates = templates
        self.assets = assets
        self.publicURL = publicURL
        contentSecurityPolicy = [
            "default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'", "connect-src 'self'",
            "form-action 'self' \(checkoutOrigin)", "base-uri 'none'", "frame-ancestors 'none'",
        ].joined(separator: "; ")
    }

    /// Renders a whole page.
    ///
    /// - Parameters:
    ///   - template: name of a template that extends `layout`.
    ///   - view: its values. The names `layout`, `head` and `user` are reserved for the layout.
    func page(
        _ template: String, _ view: View, _ head: PageHead, status: HTTPResponse.Status = .ok,
        _ request: Request, _ context: APIContext
    ) throws -> Response {
        try page(status: status, request, context) { try render(template, view, head, request, context) }
    }

    /// Responds with a whole page.
    ///
    /// - Parameter render: renders the page or takes it from a cache.
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
            // Personal pages must not be stored. Public pages may be shown again by the back button.
            .cacheControl: context.isSignedIn || request.method != .get ? "no-store" : "private, no-cache",
        ]
        var body = page.plain
        // The script uses `now` to correct the browser's clock.
        var timing = "now;dur=\(Timestamp.now().milliseconds), load;dur=\(Self.milliseconds(loaded - context.start))"
        timing += ", render;dur=\(Self.milliseconds(rendered - loaded))"
        if request.acceptsGzip, let gzipped = page.gzipped {
            body = gzipped
            headers[.contentEncoding] = "gzip"
            timing += ", gzip;dur=\(Self.milliseconds(.now - rendered))"
        }
        headers[.serverTiming] = timing
        return Response(status: status, headers: headers, body: .init(byteBuffer: body))
    }

    /// Renders the body of a page. Besides `view` and `head`, the body depends only on the request's address and the
    /// user of the context.
    func render(
        _ template: String, _ view: View, _ head: PageHead, _ request: Request, _ context: APIContext
    ) throws -> RenderedPage {
        RenderedPage(try fragment(template, layoutView(head, request, context).merging(view)))
    }

    /// Renders a part of a page.
    func fragment(_ template: String, _ view: View) throws -> String {
        guard let text = templates.render(template, view) else { throw MissingTemplate(name: template) }
        return text
    }

    /// The absolute URL of a path.
    func url(_ path: String) -> String { publicURL + path }

    private func layoutView(_ head: PageHead, _ request: Request, _ context: APIContext) -> View {
        let path = request.uri.path
        let here = RedirectTarget(request.uri.string)?.text ?? "/"
        let isSignInPage = path == "/signin" || path == "/signup"
        return [
            "head": [
                "title": head.title, "description": head.description, "canonical": head.canonical.map(url),
                "structured": head.structured.map(EmbeddedJSON.text),
                "refresh": head.refresh.map {
                    ["seconds": $0.seconds, "path": $0.path, "noscript": $0.isForNoScript] as View
                },
            ] as View,
            "layout": [
                "style": assets.style.path, "script": assets.script.path, "icon": assets.icon.path,
                "links": Self.links(context, path), "next": isSignInPage ? nil : URLEncoding.encode(here),
            ] as View,
            "user": context.isSignedIn,
        ]
    }

    private static func links(_ context: APIContext, _ path: String) -> [View] {
        var links = [("Browse", "/"), ("Sell tickets", "/sell")]
        if context.isSignedIn { links += [("Orders", "/orders"), ("Listings", "/listings"), ("Account", "/account")] }
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

/// A template that does not exist was requested.
struct MissingTemplate: Error, CustomStringConvertible {
    let name: String

    var description: String { "There is no template named \(name)" }
}

extension HTTPField.Name {
    static let serverTiming = HTTPField.Name("Server-Timing")!
}
