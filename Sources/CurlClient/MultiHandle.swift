import CLibCurl

/// libcurl's multi handle. Only the client's thread uses it, except for `wake`: curl_multi_wakeup(3) may be called from
/// any thread while the handle exists, which `CurlEngine`'s lock ensures.
// @unchecked Sendable: the pointer is immutable, and there are no other uses.
@safe struct MultiHandle: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer

    init(maxConnectionsPerHost: Int) {
        guard let pointer = unsafe curl_multi_init() else { preconditionFailure("curl_multi_init: out of memory") }
        unsafe self.pointer = pointer
        _ = unsafe gittix_curl_multi_set_long(pointer, CURLMOPT_MAX_HOST_CONNECTIONS, maxConnectionsPerHost)
        _ = unsafe gittix_curl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, max(maxConnectionsPerHost, 16))
    }

    func wake() {
        _ = unsafe curl_multi_wakeup(pointer)
    }

    func free() {
        _ = unsafe curl_multi_cleanup(pointer)
    }
}
