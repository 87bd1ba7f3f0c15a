import Bootstrap
import Hummingbird

/// Health probes of the host, and the OpenAPI document.
struct OperationsRoutes: Sendable {
    let readiness: Readiness
    let openAPI: [UInt8]

    func add(to routes: Router<APIContext>) {
        routes.get("/healthz") { _, _ in Response.json(["status": "alive", "version": Version.current]) }
        routes.get("/readyz") { _, _ in
            let report = await readiness.report()
            return Response.json(report, status: report.status == .ready ? .ok : .serviceUnavailable)
        }
        routes.get("/openapi.json") { _, _ in
            var response = Response.json(bytes: openAPI)
            response.headers[.cacheControl] = "public, max-age=300"
            return response
        }
    }
}
