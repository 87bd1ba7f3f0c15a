import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore
import Testing

@testable import API

private func request(
    _ method: HTTPRequest.Method, path: String = "/", authority: String? = "gittix.example", _ headers: HTTPFields = [:]
) -> Request {
    Request(
        head: HTTPRequest(method: method, scheme: "http", authority: authority, path: path, headerFields: headers),
        body: .init(buffer: ByteBuffer()))
}

@Suite struct PreferenceTests {
    @Test(
        arguments: [
            ("wait=5", 5, false), ("respond-async", nil, true), ("Wait=99", 30, false),
            ("respond-async, wait=3", 3, true),
            ("wait=-1", nil, false), ("wait=soon", nil, false), ("handling=lenient", nil, false), ("", nil, false),
            ("wait=0", 0, false), ("wait=5; foo=bar", 5, false), ("wait=1, wait=9", 1, false),
        ] as [(String, Int?, Bool)])
    func isRead(text: String, seconds: Int?, async: Bool) {
        let preference = Preference([.prefer: text])
        #expect(preference.waitSeconds == seconds)
        #expect(preference.respondAsync == async)
    }

    @Test func theWait() {
        #expect(Preference([:]).wait(usual: .seconds(7)) == .seconds(7))
        #expect(Preference([.prefer: "wait=2"]).wait(usual: .seconds(7)) == .seconds(2))
        #expect(Preference([.prefer: "respond-async"]).wait(usual: .seconds(7)) == .zero)
        #expect(Preference([:]).applied == nil)
        #expect(Preference([.prefer: "wait=99"]).applied == "wait=30")
    }
}

@Suite struct IdempotencyKeyTests {
    @Test(arguments: ["", " ", "a b", "ü", "\u{7f}", String(repeating: "k", count: 256)])
    func whatIsNoKeyIsRefused(text: String) {
        #expect(throws: Problem.self) { try IdempotencyKey([.idempotencyKey: text]) }
    }

    @Test func twoAreRefused() {
        var headers: HTTPFields = [:]
        headers.append(.init(name: .idempotencyKey, value: "a"))
        headers.append(.init(name: .idempotencyKey, value: "b"))
        #expect(throws: Problem.self) { try IdempotencyKey(headers) }
    }

    @Test func theSameIsTheSame() throws {
        let key = try #require(try IdempotencyKey([.idempotencyKey: String(repeating: "k", count: 255)]))
        let user = Actor.user(.new())
        let id = key.commandID(actor: user, route: "POST /api/orders")
        #expect(id == key.commandID(actor: user, route: "POST /api/orders"))
        #expect(id != key.commandID(actor: .user(.new()), route: "POST /api/orders"))
        #expect(id != key.commandID(actor: user, route: "POST /api/tickets"))
        #expect(id.uuid.bytes[6] >> 4 == 8)
        #expect(try IdempotencyKey([:]) == nil)
    }
}

@Suite struct OriginTests {
    let check = OriginCheck(ownOrigin: "https://gittix.example")

    @Test(
        arguments: [
            ([.secFetchSite: "same-origin"], true), ([.secFetchSite: "none"], true),
            ([.secFetchSite: "same-site"], false),
            ([.secFetchSite: "cross-site"], false), ([.origin: "https://gittix.example"], true),
            ([.origin: "https://evil.example"], false), ([.origin: "null"], false),
            ([.origin: "https://gittix.example.evil.example"], false), ([:], true),
            // The browser's own word outweighs what a page could have chosen.
            ([.secFetchSite: "cross-site", .origin: "https://gittix.example"], false),
        ] as [(HTTPFields, Bool)])
    func unsafeMethods(headers: HTTPFields, allowed: Bool) {
        #expect(check.allows(request(.post, headers)) == allowed)
        #expect(check.allows(request(.delete, headers)) == allowed)
        #expect(check.allows(request(.get, headers)))
    }

    @Test func ownHostUnderAnotherName() {
        let headers: HTTPFields = [.origin: "http://127.0.0.1:8080"]
        #expect(check.allows(request(.post, authority: "127.0.0.1:8080", headers)))
        #expect(!check.allows(request(.post, authority: "127.0.0.1:9090", headers)))
    }
}

@Suite struct CookieTests {
    private let secrets = RefreshSecrets(keys: DerivedKeys(secrets: [String(repeating: "s", count: 32)]))

    @Test(arguments: [true, false])
    func attributes(secure: Bool) throws {
        let cookies = SessionCookies(
            secure: secure, accessLife: .seconds(900), refreshLife: .seconds(86_400), secrets: secrets)
        var response = Response(status: .ok)
        cookies.setAccess("token", on: &response)
        cookies.setRefresh(secrets.make(), on: &response)
        let set = response.headers[values: .setCookie]
        #expect(set.count == 2)
        #expect(set[0].hasPrefix(secure ? "__Host-gittix_access=token;" : "gittix_access=token;"))
        #expect(set[0].contains("Max-Age=900") && set[1].contains("Max-Age=86400"))
        for cookie in set {
            for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] { #expect(cookie.contains(attribute)) }
            #expect(cookie.contains("Secure") == secure)
            #expect(!cookie.contains("Domain"))
        }
    }

    @Test func aRefreshTokenComesBack() throws {
        let secret = secrets.make()
        let cookies = SessionCookies(secure: false, accessLife: .seconds(1), refreshLife: .seconds(1), secrets: secrets)
        let sent = request(.get, [.cookie: "other=1; gittix_refresh=\(secret.text)"])
        #expect(cookies.refresh(sent) == secret)
        for text in ["", "short", secret.text + "A", "="] {
            #expect(cookies.refresh(request(.get, [.cookie: "gittix_refresh=\(text)"])) == nil)
        }
    }

    @Test func onlyWhatWasMadeHereIsARefreshToken() {
        let (old, new) = (String(repeating: "o", count: 32), String(repeating: "n", count: 32))
        let before = RefreshSecrets(keys: DerivedKeys(secrets: [old]))
        let during = RefreshSecrets(keys: DerivedKeys(secrets: [new, old]))
        let after = RefreshSecrets(keys: DerivedKeys(secrets: [new]))
        let (early, late) = (before.make(), during.make())
        #expect(early.text.count == 64 && early != before.make())
        #expect(before.read(early.text) == early && during.read(early.text) == early)
        #expect(during.read(late.text) == late && after.read(late.text) == late)
        #expect(after.read(early.text) == nil && before.read(late.text) == nil)
        let bytes = Base64URL.decode(late.text) ?? []
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(during.read(Base64URL.encode(changed)) == nil)
        }
        for other in [[], Array(bytes.prefix(32)), bytes + [0], Array(repeating: 0, count: 48)] {
            #expect(during.read(Base64URL.encode(other)) == nil)
        }
    }
}

@Suite struct EntityTagTests {
    @Test func versions() throws {
        #expect(try EntityTag.ifMatch([:]) == nil)
        #expect(try EntityTag.ifMatch([.ifMatch: "*"]) == nil)
        #expect(try EntityTag.ifMatch([.ifMatch: EntityTag.text(7)]) == 7)
        for text in ["7", "\"\"", "\"x\"", "W/\"7\"", "\"1\", \"2\"", "\"-1\"", "\"99999999999999999999\""] {
            #expect(throws: Problem.self) { try EntityTag.ifMatch([.ifMatch: text]) }
        }
    }
}

@Suite struct QueryTests {
    let cursors = Cursor(keys: DerivedKeys(secrets: [String(repeating: "s", count: 32)]))

    @Test(arguments: [
        "limit=0", "limit=101", "limit=x", "limit=1.5", "limit=", "cursor=AAAA", "limit=1&limit=2", "x=1",
    ])
    func whatIsWrongIsRefused(query: String) {
        #expect(throws: Problem.self) {
            _ = try Page(
                try Query(request(.get, path: "/?\(query)").uri, names: ["limit", "cursor"]), list: "tickets",
                cursors: cursors)
        }
    }

    @Test func whatIsRight() throws {
        let page = try Page(
            try Query(request(.get, path: "/?limit=100").uri, names: ["limit", "cursor"]), list: "tickets",
            cursors: cursors)
        #expect(page.limit == 100 && page.after == nil)
        let usual = try Page(try Query(request(.get).uri, names: ["limit"]), list: "tickets", cursors: cursors)
        #expect(usual.limit == 20)
    }
}

@Suite struct ClientAddressTests {
    @Test(arguments: [
        ("203.0.113.9", "203.0.113.9"), ("::ffff:203.0.113.9", "::ffff:203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:DB8:1:2::6", "2001:db8:1:2::/64"),
        ("2001:0db8:0001:0002::", "2001:db8:1:2::/64"), ("::1", "0:0:0:0::/64"), ("fe80::1", "fe80:0:0:0::/64"),
        ("unknown", "unknown"),
    ])
    func anIPv6CustomerIsOne(address: String, network: String) {
        #expect(ClientAddress.network(address) == network)
    }
}
