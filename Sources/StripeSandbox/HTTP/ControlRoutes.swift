import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// The sandbox's control endpoints: faults, the audit record and the clock.
struct ControlRoutes: Sendable {
    let sandbox: Sandbox

    private struct Advance: Decodable {
        var advanceSeconds: Int64
    }

    func add(to router: Router<BasicRequestContext>) {
        router.get("/healthz") { _, _ in Self.respond(["status": "ok"]) }
        let group = router.group("/_sandbox")
        group.post("/faults") { request, _ in
            let bytes = try await Self.body(request)
            let rule: FaultRule
            do throws(FaultRule.Invalid) { rule = try FaultRule(json: bytes) } catch {
                return Self.respond(["message": .string(error.message)], .badRequest)
            }
            guard sandbox.change({ state, _ in state.faults.add(rule) }) else {
                return Self.respond(
                    [
                        "message": .string(
                            "there are already \(FaultRules.limit) rules: delete them with DELETE /_sandbox/faults")
                    ], .badRequest)
            }
            return Self.respond(rule.json, .created)
        }
        group.get("/faults") { _, _ in
            Self.respond(.array(sandbox.change { state, _ in state.faults.rules.map(\.json) }))
        }
        group.delete("/faults") { _, _ in
            sandbox.change { state, _ in state.faults.clear() }
            return Response(status: .noContent)
        }
        group.get("/record") { request, _ in
            let orderID = request.uri.queryParameters.get("order_id")
            return Self.respond(sandbox.change { state, _ in state.record.json(state.ledger, orderID: orderID) })
        }
        group.post("/clock") { request, _ in
            let bytes = try await Self.body(request)
            guard let advance = try? JSONDecoder().decode(Advance.self, from: Data(bytes)),
                (0...366 * 24 * 3600).contains(advance.advanceSeconds)
            else {
                return Self.respond(
                    ["message": "`advanceSeconds` must be a number of seconds, at most a year"], .badRequest)
            }
            sandbox.change { state, _ in state.clockOffset += advance.advanceSeconds }
            // This step expires the objects that are due at the new time.
            return Self.respond(["now": .int(sandbox.change { _, now in now })])
        }
    }

    private static func body(_ request: Request) async throws -> [UInt8] {
        var request = request
        return Array(try await request.collectBody(upTo: 16 << 10).readableBytesView)
    }

    private static func respond(_ json: JSON, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.bytes + [UInt8(ascii: "\n")])))
    }
}
