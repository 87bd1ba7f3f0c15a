import HTTPTypes
import Hummingbird
import HummingbirdCore
import Marketplace
import NIOCore
import Testing

@testable import API

@Suite struct DeviceCookiesTests {
    private let user = UserID.new()
    private let now = Timestamp(seconds: 1_790_000_000)

    private func cookies(_ secrets: String...) -> DeviceCookies {
        DeviceCookies(isSecure: true, keys: DerivedKeys(secrets: secrets))
    }

    private func request(_ value: String) -> Request {
        Request(
            head: .init(
                method: .post, scheme: "https", authority: "localhost", path: "/",
                headerFields: [.cookie: "__Host-gittix_device=\(value)"]),
            body: .init(buffer: ByteBuffer()))
    }

    private func value(_ cookies: DeviceCookies) -> String {
        var response = Response(status: .ok)
        cookies.set(for: user, on: &response, now: now)
        let header = response.headers[.setCookie] ?? ""
        #expect(header.contains("HttpOnly") && header.contains("Secure") && header.contains("SameSite=Lax"))
        return String(header.split(separator: ";")[0].drop { $0 != "=" }.dropFirst())
    }

    @Test func aCookieIsValidForItsUserFor180Days() {
        let cookies = cookies("secret")
        let request = request(value(cookies))
        #expect(cookies.device(of: request, for: user, now: now) != nil)
        #expect(cookies.device(of: request, for: .new(), now: now) == nil)
        #expect(cookies.device(of: request, for: user, now: now + .seconds(180 * 86_400 - 1)) != nil)
        #expect(cookies.device(of: request, for: user, now: now + .seconds(180 * 86_400)) == nil)
    }

    @Test func onlyACookieOfThisInstallationIsValid() throws {
        let text = value(cookies("secret"))
        #expect(cookies("new", "secret").device(of: request(text), for: user, now: now) != nil)
        #expect(cookies("other").device(of: request(text), for: user, now: now) == nil)
        var bytes = try #require(Base64URL.decode(text))
        for index in bytes.indices {
            bytes[index] ^= 1
            #expect(cookies("secret").device(of: request(Base64URL.encode(bytes)), for: user, now: now) == nil)
            bytes[index] ^= 1
        }
        for bad in ["", "x", String(text.dropLast(4)), text + "AAAA"] {
            #expect(cookies("secret").device(of: request(bad), for: user, now: now) == nil)
        }
    }
}
