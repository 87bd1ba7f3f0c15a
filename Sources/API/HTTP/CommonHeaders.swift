import HTTPTypes

/// Headers of every response, validated once.
enum CommonHeaders {
    static let contentTypeOptions = HTTPField(name: .xContentTypeOptions, value: "nosniff")
    /// Not `no-referrer`: with that policy, a browser submits the forms of this site with `Origin: null`.
    static let referrer = HTTPField(name: .referrerPolicy, value: "same-origin")
    static let contentSecurity = HTTPField(
        name: .contentSecurityPolicy,
        value: "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
    static let cache = HTTPField(name: .cacheControl, value: "no-store")
    static let transport = HTTPField(name: .strictTransportSecurity, value: "max-age=31536000")

    /// - Parameter isSecure: True if browsers must keep using HTTPS.
    static func add(to headers: inout HTTPFields, requestID: String, isSecure: Bool) {
        headers.append(HTTPField(name: .requestID, value: requestID))
        headers.append(contentTypeOptions)
        headers.append(referrer)
        if !headers.contains(.contentSecurityPolicy) { headers.append(contentSecurity) }
        if !headers.contains(.cacheControl) { headers.append(cache) }
        if isSecure { headers.append(transport) }
    }
}
