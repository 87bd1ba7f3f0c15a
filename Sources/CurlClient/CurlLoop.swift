import CLibCurl

/// The active transfers and the idle easy handles. Only the client's thread uses them.
@safe struct CurlLoop {
    let multi: MultiHandle
    let userAgent: String
    private var transfers: [UInt64: CurlTransfer] = [:]
    /// Handles for reuse: making a handle costs as much as a request.
    private var idle: [UnsafeMutableRawPointer] = unsafe []
    private static let maxIdle = 64

    init(multi: MultiHandle, userAgent: String) {
        self.multi = multi
        self.userAgent = userAgent
    }

    mutating func start(id: UInt64, request: CurlRequest, continuation: CurlContinuation) {
        let transfer = unsafe CurlTransfer(
            id: id, request: request, userAgent: userAgent, continuation: continuation, handle: idle.popLast())
        let code = unsafe curl_multi_add_handle(multi.pointer, transfer.easy)
        guard code == CURLM_OK else {
            transfer.fail(.other(code: Int(code.rawValue)), reason: "libcurl could not add the transfer")
            return
        }
        transfers[id] = transfer
    }

    mutating func cancel(id: UInt64) {
        guard let transfer = transfers.removeValue(forKey: id) else { return }
        _ = unsafe curl_multi_remove_handle(multi.pointer, transfer.easy)
        transfer.fail(.cancelled, reason: "cancelled")
    }

    mutating func failAll() {
        for transfer in transfers.values {
            _ = unsafe curl_multi_remove_handle(multi.pointer, transfer.easy)
            transfer.fail(.shutDown, reason: "the client was shut down")
        }
        transfers = [:]
        while let handle = unsafe idle.popLast() { unsafe curl_easy_cleanup(handle) }
    }

    /// Advances every transfer without blocking, and completes finished transfers.
    mutating func perform() {
        var running: Int32 = 0
        _ = unsafe curl_multi_perform(multi.pointer, &running)
        var remaining: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi.pointer, &remaining) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            // Removing the handle invalidates the message, so read its result first.
            let code = unsafe gittix_curl_message_result(message)
            guard let easy = unsafe message.pointee.easy_handle else { continue }
            let id = unsafe CurlTransfer.id(of: easy)
            _ = unsafe curl_multi_remove_handle(multi.pointer, easy)
            guard let transfer = transfers.removeValue(forKey: id) else { continue }
            transfer.finish(code)
            if unsafe idle.count < Self.maxIdle { unsafe idle.append(transfer.releaseHandle()) }
        }
    }

    /// Blocks until a socket is ready, a libcurl timer is due, or `MultiHandle.wake` is called.
    func poll() {
        _ = unsafe curl_multi_poll(multi.pointer, nil, 0, 60_000, nil)
    }
}
