import CLibCurl

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// One request and its easy handle. Only the client's thread uses it.
///
/// libcurl holds an unretained pointer to this object. The pointer is valid as long as the easy handle, which this
/// object owns.
@safe final class CurlTransfer {
    private static let maxHeaderBytes = 64 << 10

    let easy: UnsafeMutableRawPointer
    private let id: UInt64
    private let request: CurlRequest
    private let continuation: CurlContinuation
    private let headerList: UnsafeMutablePointer<curl_slist>?
    /// libcurl does not copy CURLOPT_POSTFIELDS, so the body must exist as long as the handle uses it.
    private let body: UnsafeMutableBufferPointer<UInt8>

    private var responseHeaders: [CurlRequest.Header] = []
    private var responseHeaderBytes = 0
    private var responseBody: [UInt8] = []
    private var isTooLarge = false
    private var isAddressRefused = false

    private var isHandleReleased = false

    /// - Parameter handle: A handle from ``releaseHandle()``, which this transfer then owns, or `nil` to make a new
    ///   handle.
    init(
        id: UInt64, request: CurlRequest, userAgent: String, continuation: CurlContinuation,
        handle: UnsafeMutableRawPointer?
    ) {
        guard let easy = unsafe handle ?? curl_easy_init() else { preconditionFailure("curl_easy_init: out of memory") }
        unsafe self.easy = easy
        self.id = id
        self.request = request
        self.continuation = continuation
        unsafe body = .allocate(capacity: max(request.body.count, 1))
        _ = unsafe body.initialize(from: request.body)
        unsafe headerList = Self.headerList(request.headers)
        configure(userAgent: userAgent)
    }

    deinit {
        if !isHandleReleased { unsafe curl_easy_cleanup(easy) }
        unsafe curl_slist_free_all(headerList)
        unsafe body.deallocate()
    }

    /// Resets the handle of a finished transfer and gives up its ownership, so that another transfer can use it.
    func releaseHandle() -> UnsafeMutableRawPointer {
        unsafe curl_easy_reset(easy)
        isHandleReleased = true
        return unsafe easy
    }

    static func id(of easy: UnsafeMutableRawPointer) -> UInt64 {
        var context: UnsafeMutableRawPointer?
        _ = unsafe gittix_curl_get_pointer(easy, CURLINFO_PRIVATE, &context)
        guard let context = unsafe context else { return 0 }
        return unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().id
    }

    func finish(_ code: CURLcode) {
        guard code == CURLE_OK else {
            if isAddressRefused, code == CURLE_COULDNT_CONNECT {
                return fail(.connect, reason: "the host's address is not an address of the public internet")
            }
            let kind: CurlError.Kind = isTooLarge ? .tooLarge : .init(code)
            return fail(kind, reason: isTooLarge ? "the response exceeds its size limit" : Self.message(code))
        }
        var status = 0
        _ = unsafe gittix_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        continuation.resume(
            returning: .success(CurlResponse(status: status, headers: responseHeaders, body: responseBody)))
    }

    func fail(_ kind: CurlError.Kind, reason: String) {
        continuation.resume(
            returning: .failure(
                CurlError(kind: kind, mayHaveBeenSent: mayHaveBeenSent, request: request.label, reason: reason)))
    }

    /// False only if no byte of the request can have been sent. libcurl counts request bytes as they are written, and
    /// sets the pre-transfer time once the connection is ready.
    private var mayHaveBeenSent: Bool {
        var requestBytes = 0
        _ = unsafe gittix_curl_get_long(easy, CURLINFO_REQUEST_SIZE, &requestBytes)
        var preTransfer: curl_off_t = 0
        _ = unsafe gittix_curl_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T, &preTransfer)
        return requestBytes > 0 || preTransfer > 0
    }

    // MARK: Response

    /// Returns false to abort the transfer. Each status line starts a new head, because an interim response (1xx) may
    /// precede the final response.
    fileprivate func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        responseHeaderBytes += line.count
        guard responseHeaderBytes <= Self.maxHeaderBytes else {
            isTooLarge = true
            return false
        }
        if unsafe line.starts(with: "HTTP/".utf8) {
            responseHeaders = []
        } else if let colon = unsafe line.firstIndex(of: UInt8(ascii: ":")) {
            var value = unsafe line[(colon + 1)...]
            while let first = unsafe value.first, Self.isSpace(first) { unsafe value = value.dropFirst() }
            while let last = unsafe value.last, Self.isSpace(last) { unsafe value = value.dropLast() }
            unsafe responseHeaders.append(
                .init(String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        return true
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    fileprivate func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard responseBody.count + bytes.count <= request.maxResponseBytes else {
            isTooLarge = true
            return false
        }
        unsafe responseBody.append(contentsOf: bytes)
        return true
    }

    // MARK: Addresses

    /// Opens the socket for an address that libcurl is about to connect to, or returns CURL_SOCKET_BAD to refuse it.
    ///
    /// `addr` is the beginning of a larger structure (CURLOPT_OPENSOCKETFUNCTION). In a `sockaddr_in`, the address is
    /// the 4 bytes after family and port; in a `sockaddr_in6`, it is the 16 bytes after the flow label.
    fileprivate func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let family = unsafe address.pointee.family
        let place = family == AF_INET ? 4..<8 : 8..<24
        let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
        let structure = unsafe UnsafeRawBufferPointer(
            start: UnsafeRawPointer(address) + offset, count: Int(address.pointee.addrlen))
        guard family == AF_INET || family == AF_INET6, structure.count >= place.upperBound,
            unsafe PublicAddress.contains(Array(structure[place]))
        else {
            isAddressRefused = true
            return -1
        }
        return unsafe socket(family, address.pointee.socktype, address.pointee.`protocol`)
    }

    // MARK: Options

    private func configure(userAgent: String) {
        let context = unsafe UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROXY, "")
        // A name lookup is a blocking call on one of libcurl's threads. Without this option, a lookup that hangs would
        // delay the end of its transfer and every other transfer. With it, libcurl does not wait for the lookup's
        // thread.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_USERAGENT, userAgent)
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
        // Before concurrent requests open more connections, they wait until it is known whether the first connection
        // uses HTTP/2.
        set(CURLOPT_PIPEWAIT, request.url.lowercased().hasPrefix("https:") ? 1 : 0)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        // To libcurl, zero means its default of 300 s for the connection, and no limit for the whole transfer.
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, request.connectTimeout.wholeMilliseconds))
        set(CURLOPT_TIMEOUT_MS, max(1, request.timeout.wholeMilliseconds))
        unsafe check(gittix_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList))
        unsafe check(gittix_curl_set_pointer(easy, CURLOPT_PRIVATE, context))
        unsafe check(gittix_curl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        unsafe check(gittix_curl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        unsafe check(gittix_curl_set_callback(easy, CURLOPT_WRITEFUNCTION, receiveCurlBody))
        unsafe check(gittix_curl_set_callback(easy, CURLOPT_HEADERFUNCTION, receiveCurlHeader))
        if request.onlyPublicAddresses {
            unsafe check(gittix_curl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, context))
            unsafe check(gittix_curl_set_open_socket(easy, openCurlSocket))
            // Opens a new connection, because the address of an existing one was not checked.
            set(CURLOPT_FRESH_CONNECT, 1)
        }
        configureMethod()
    }

    private func configureMethod() {
        switch request.method {
        case .get: set(CURLOPT_HTTPGET, 1)
        case .head: set(CURLOPT_NOBODY, 1)
        case .delete where request.body.isEmpty, .options: set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case .post, .put, .patch, .delete:
            set(CURLOPT_POST, 1)
            set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            unsafe check(gittix_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
            unsafe check(gittix_curl_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress))
        }
    }

    private func set(_ option: CURLoption, _ value: Int) {
        unsafe check(gittix_curl_set_long(easy, option, value))
    }

    /// libcurl copies strings.
    private func set(_ option: CURLoption, _ value: String) {
        unsafe check(gittix_curl_set_string(easy, option, value))
    }

    /// Setting an option fails only if libcurl was built without it, or on a programming error.
    private func check(_ code: CURLcode) {
        precondition(code == CURLE_OK, "curl_easy_setopt: \(Self.message(code))")
    }

    /// Makes libcurl's list of headers. `Expect:` without a value turns off the wait for `100 Continue`. `Name;` is the
    /// syntax for a header with an empty value.
    private static func headerList(_ headers: [CurlRequest.Header]) -> UnsafeMutablePointer<curl_slist>? {
        var list = unsafe curl_slist_append(nil, "Expect:")
        for header in headers {
            let line = header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
            unsafe list = curl_slist_append(list, line)
        }
        return unsafe list
    }

    private static func message(_ code: CURLcode) -> String {
        unsafe String(cString: curl_easy_strerror(code))
    }
}

private func receiveCurlBody(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    // Any result other than the byte count ends the transfer with CURLE_WRITE_ERROR, so an empty call must return 0.
    return unsafe transfer.receiveBody(UnsafeRawBufferPointer(start: data, count: size * count)) ? size * count : -1
}

private func receiveCurlHeader(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    return unsafe transfer.receiveHeader(UnsafeRawBufferPointer(start: data, count: size * count)) ? size * count : -1
}

private func openCurlSocket(
    _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context = unsafe context, let address = unsafe address else { return -1 }
    let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    return unsafe transfer.openSocket(address)
}

extension CurlError.Kind {
    init(_ code: CURLcode) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .resolve
        case CURLE_COULDNT_CONNECT: self = .connect
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_USE_SSL_FAILED:
            self = .tls
        case CURLE_OPERATION_TIMEDOUT: self = .timeout
        case CURLE_FILESIZE_EXCEEDED: self = .tooLarge
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR: self = .closed
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: self = .invalidRequest
        default: self = .other(code: Int(code.rawValue))
        }
    }
}

extension Duration {
    /// At most one day, because libcurl takes milliseconds as a C long.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = min(self, .seconds(86_400)).components
        return Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
