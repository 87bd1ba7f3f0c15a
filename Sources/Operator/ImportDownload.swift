import Bootstrap
import CurlClient
import Foundation
import Services

/// A file that is fetched from a host in `IMPORT_HOSTS`, only with https. In development, this machine may be listed,
/// and then http is allowed, too.
///
/// Somebody else may control the host, so the size and the duration of the response are limited. Except for this
/// machine in development, libcurl connects only to addresses that are public at the time of the connection. Redirects
/// are not followed.
struct ImportDownload {
    let settings: ImportSettings
    /// Maximum length, in bytes.
    var limit = 5 << 20
    /// Maximum time for the whole request.
    var timeout = Duration.seconds(60)

    static func isURL(_ text: String) -> Bool { text.hasPrefix("https://") || text.hasPrefix("http://") }

    /// The host and the last part of the path, without the query, or `nil` if the URL can't be read.
    static func parts(of url: String) -> (host: String, name: String)? {
        guard let parts = URLComponents(string: url), let host = parts.host?.lowercased(), !host.isEmpty else {
            return nil
        }
        return (host, parts.path.split(separator: "/").last.map(String.init) ?? "")
    }

    /// - Throws: ``OperatorError``, which tells the operator what to do.
    func fetch(_ url: String) async throws -> [UInt8] {
        let (address, isLoopback) = try checked(url)
        let client = CurlClient(maxConnectionsPerHost: 1)
        let result: Result<CurlResponse, CurlError>
        do {
            result = .success(
                try await client.send(
                    CurlRequest(
                        url: address, connectTimeout: .seconds(10), timeout: timeout, maxResponseBytes: limit,
                        onlyPublicAddresses: !isLoopback)))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        switch result {
        case .success(let response) where response.status == 200: return response.body
        case .success(let response) where (300..<400).contains(response.status):
            throw OperatorError(
                message: "\(url) redirects to a different URL (status \(response.status)). Give the file's own address")
        case .success(let response):
            throw OperatorError(message: "\(url) was answered with the status \(response.status)")
        case .failure(let error) where error.kind == .tooLarge:
            throw OperatorError(message: "\(url) has more than \(limit >> 20) MiB. Download it, and import the file")
        case .failure(let error): throw OperatorError(message: "\(url): \(error.reason)")
        }
    }

    /// Returns the URL to fetch, built from the checked parts.
    private func checked(_ url: String) throws -> (url: String, isLoopback: Bool) {
        guard var parts = URLComponents(string: url), let host = parts.host?.lowercased(), !host.isEmpty else {
            throw OperatorError(message: "“\(url)” is not a URL")
        }
        guard settings.hosts.contains(host) else {
            throw OperatorError(message: "\(host) is not in IMPORT_HOSTS. Add it if you trust this source")
        }
        let isLoopback = settings.allowsLoopback && ["127.0.0.1", "localhost"].contains(host)
        guard parts.scheme == "https" || isLoopback else { throw OperatorError(message: "use https for \(host)") }
        guard parts.user == nil, parts.password == nil else {
            throw OperatorError(message: "leave the user and the password out of the URL")
        }
        guard isLoopback || parts.port == nil || parts.port == 443 else {
            throw OperatorError(message: "leave the port out of the URL: only 443 is allowed")
        }
        parts.fragment = nil
        guard let address = parts.string else { throw OperatorError(message: "“\(url)” is not a URL") }
        return (address, isLoopback)
    }
}
