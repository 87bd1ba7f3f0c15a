/// An HTTP client on libcurl.
///
/// Each client has one thread, which owns the multi handle and all transfers. Tasks queue requests for the thread, and
/// the thread resumes the tasks, so no cooperative thread ever blocks.
///
/// Connections are reused, and use HTTP/2 if TLS negotiates it. If a *reused* connection closes before the first byte
/// of the response, libcurl resends the request on a new connection, even a POST. A request that must not take effect
/// twice therefore needs an idempotency key.
///
/// Proxy settings in the environment are ignored.
public final class CurlClient: Sendable {
    private let engine: CurlEngine

    /// - Parameters:
    ///   - maxConnectionsPerHost: Maximum number of connections to a host. Further transfers wait for a connection, and
    ///     their timeout runs while they wait.
    ///   - userAgent: Sent with every request.
    public init(maxConnectionsPerHost: Int = 64, userAgent: String = "gittix") {
        engine = CurlEngine(maxConnectionsPerHost: maxConnectionsPerHost, userAgent: userAgent)
        engine.start()
    }

    deinit {
        engine.stop(nil)
    }

    /// Returns the complete response, for any status. Cancelling the task ends the transfer and closes its connection.
    public func send(_ request: CurlRequest) async throws(CurlError) -> CurlResponse {
        if let reason = request.validationError {
            throw CurlError(kind: .invalidRequest, mayHaveBeenSent: false, request: request.label, reason: reason)
        }
        let id = engine.nextID()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                engine.submit(id: id, request: request, continuation: continuation)
                // If the task was cancelled before `submit`, `onCancel` has found no transfer to cancel.
                if Task.isCancelled { engine.cancel(id: id) }
            }
        } onCancel: {
            engine.cancel(id: id)
        }
        return try result.get()
    }

    /// Fails active transfers with `shutDown`, closes the connections and waits until the thread has ended.
    ///
    /// Call it before the process exits. Later requests fail. A second call returns once the first has finished.
    public func shutdown() async {
        await withCheckedContinuation { engine.stop($0) }
    }
}
