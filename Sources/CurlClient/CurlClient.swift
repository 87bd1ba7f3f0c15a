/// HTTP by libcurl. One thread, which lives as long as the client, owns the multi handle and every transfer; tasks hand
/// it requests and are resumed from it, so no cooperative thread ever blocks.
///
/// Connections are kept and used again, by HTTP/2 as well where TLS offers it. When a *kept* connection turns out to be
/// closed before a byte of the answer came, libcurl sends the request again on a new one, POST too: give a request
/// that must not take effect twice an idempotency key.
///
/// Proxies named in the environment are not used.
public final class CurlClient: Sendable {
    private let engine: CurlEngine

    /// - Parameters:
    ///   - maxConnectionsPerHost: further transfers wait for a connection (their timeout runs).
    ///   - userAgent: sent with every request.
    public init(maxConnectionsPerHost: Int = 64, userAgent: String = "gittix") {
        engine = CurlEngine(maxConnectionsPerHost: maxConnectionsPerHost, userAgent: userAgent)
        engine.start()
    }

    deinit {
        engine.stop(nil)
    }

    /// The whole answer, whatever its status. Cancelling the task removes the transfer and closes its connection.
    public func send(_ request: CurlRequest) async throws(CurlError) -> CurlResponse {
        if let refusal = request.refusal {
            throw CurlError(kind: .invalidRequest, mayHaveBeenSent: false, request: request.label, reason: refusal)
        }
        let id = engine.nextID()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                engine.submit(id: id, request: request, continuation: continuation)
                // A cancellation before the line above found nothing to remove.
                if Task.isCancelled { engine.cancel(id: id) }
            }
        } onCancel: {
            engine.cancel(id: id)
        }
        return try result.get()
    }

    /// Ends the transfers under way with `shutDown`, closes the connections and ends the thread; returns when it has.
    /// Call it before the process exits. Later requests fail; a second call returns once the first has done its work.
    public func shutdown() async {
        await withCheckedContinuation { engine.stop($0) }
    }
}
