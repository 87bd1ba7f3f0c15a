import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore
import Storage
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
    func preferencesAreRead(text: String, seconds: Int?, async: Bool) {
        let preference = Preference([.prefer: text])
        #expect(preference.waitSeconds == seconds)
        #expect(preference.respondAsync == async)
    }

    @Test func thePreferenceSetsTheWait() {
        #expect(Preference([:]).wait(default: .seconds(7)) == .seconds(7))
        #expect(Preference([.prefer: "wait=2"]).wait(default: .seconds(7)) == .seconds(2))
        #expect(Preference([.prefer: "respond-async"]).wait(default: .seconds(7)) == .zero)
        #expect(Preference([:]).applied == nil)
        #expect(Preference([.prefer: "wait=99"]).applied == "wait=30")
    }
}

@Suite struct IdempotencyKeyTests {
    @Test(arguments: ["", " ", "a b", "ü", "\u{7f}", String(repeating: "k", count: 256)])
    func anInvalidKeyIsRefused(text: String) {
        #expect(throws: Problem.self) { try IdempotencyKey([.idempotencyKey: text]) }
    }

    /// The key as a quoted string, as in the draft of the header `Idempotency-Key`, and without quotation marks, as at
    /// Stripe.
    @Test(
        arguments: [
            ("k", "k"), ("\"k\"", "k"), (#""a b""#, nil), (#""a\"b""#, "a\"b"), (#""a\\b""#, #"a\b"#), ("\"k", nil),
            ("\"\"", nil), ("\"k\";a", nil), (#""\k""#, nil), ("a\"b\"", "a\"b\""),
        ] as [(String, String?)])
    func aQuotedKeyIsThePlainOne(field: String, text: String?) throws {
        if let text {
            #expect(try IdempotencyKey([.idempotencyKey: field])?.text == text)
        } else {
            #expect(throws: Problem.self) { try IdempotencyKey([.idempotencyKey: field]) }
        }
    }

    @Test func twoKeysAreRefused() {
        var headers: HTTPFields = [:]
        headers.append(.init(name: .idempotencyKey, value: "a"))
        headers.append(.init(name: .idempotencyKey, value: "b"))
        #expect(throws: Problem.self) { try IdempotencyKey(headers) }
    }

    @Test func theIDDependsOnKeyUserAndRoute() throws {
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
            // Sec-Fetch-Site, which no page can set, takes precedence.
            ([.secFetchSite: "cross-site", .origin: "https://gittix.example"], false),
        ] as [(HTTPFields, Bool)])
    func unsafeMethodsNeedTheOwnOrigin(headers: HTTPFields, allowed: Bool) {
        #expect(check.allows(request(.post, headers)) == allowed)
        #expect(check.allows(request(.delete, headers)) == allowed)
        #expect(check.allows(request(.get, headers)))
    }

    @Test func theHostOfTheRequestIsAnOwnOrigin() {
        let plain = OriginCheck(ownOrigin: "http://localhost:8080")
        let headers: HTTPFields = [.origin: "http://127.0.0.1:8080"]
        #expect(plain.allows(request(.post, authority: "127.0.0.1:8080", headers)))
        #expect(!plain.allows(request(.post, authority: "127.0.0.1:9090", headers)))
        #expect(plain.allows(request(.post, authority: "tunnel.example", [.origin: "https://tunnel.example"])))
    }

    /// Anyone in the visitor's network can impersonate a site that is served without encryption.
    @Test func plainHTTPIsNoOwnOriginOfAnHTTPSSite() {
        #expect(check.allows(request(.post, authority: "other.example", [.origin: "https://other.example"])))
        #expect(!check.allows(request(.post, authority: "gittix.example", [.origin: "http://gittix.example"])))
        #expect(!check.allows(request(.post, authority: "other.example", [.origin: "http://other.example"])))
    }
}

@Suite struct CookieTests {
    private let secrets = RefreshSecrets(keys: DerivedKeys(secrets: [String(repeating: "s", count: 32)]))

    @Test(arguments: [true, false])
    func sessionCookiesHaveSafeAttributes(isSecure: Bool) throws {
        let cookies = SessionCookies(
            isSecure: isSecure, accessLifetime: .seconds(900), refreshLifetime: .seconds(86_400), secrets: secrets)
        var response = Response(status: .ok)
        cookies.setAccess("token", on: &response)
        cookies.setRefresh(secrets.make(), on: &response)
        let set = response.headers[values: .setCookie]
        try #require(set.count == 2)
        #expect(set[0].hasPrefix(isSecure ? "__Host-gittix_access=token;" : "gittix_access=token;"))
        #expect(set[0].contains("Max-Age=900") && set[1].contains("Max-Age=86400"))
        for cookie in set {
            for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] { #expect(cookie.contains(attribute)) }
            #expect(cookie.contains("Secure") == isSecure)
            #expect(!cookie.contains("Domain"))
        }
    }

    @Test func aRefreshTokenIsReadFromItsCookie() throws {
        let secret = secrets.make()
        let cookies = SessionCookies(
            isSecure: false, accessLifetime: .seconds(1), refreshLifetime: .seconds(1), secrets: secrets)
        let sent = request(.get, [.cookie: "other=1; gittix_refresh=\(secret.text)"])
        #expect(cookies.refresh(sent) == secret)
        for text in ["", "short", secret.text + "A", "="] {
            #expect(cookies.refresh(request(.get, [.cookie: "gittix_refresh=\(text)"])) == nil)
        }
    }

    @Test func aForgedRefreshTokenIsRefused() {
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

@Suite struct QueryTests {
    let codec = CursorCodec(keys: DerivedKeys(secrets: [String(repeating: "s", count: 32)]))

    @Test(arguments: [
        "limit=0", "limit=101", "limit=x", "limit=1.5", "cursor=AAAA", "limit=1&limit=2", "x=1",
    ])
    func invalidParametersAreRefused(query: String) {
        #expect(throws: Problem.self) {
            _ = try Pagination<ListCursor>(
                try Query(request(.get, path: "/?\(query)").uri, names: ["limit", "cursor"]), list: "tickets",
                codec: codec)
        }
    }

    @Test func aSpaceIsAPlusOrEscaped() throws {
        for text in ["jazz+night", "jazz%20night"] {
            #expect(try Query(request(.get, path: "/?q=\(text)").uri, names: ["q"])["q"] == "jazz night")
        }
        #expect(try Query(request(.get, path: "/?q=C%2B%2B%").uri, names: ["q"])["q"] == "C++%")
    }

    @Test func adminsSearchForWords() {
        let search = AdminSearch<UserState.Status>(request(.get, path: "/?q=jazz+night&status="))
        #expect(search.form["q"] == "jazz night" && search.form.isValid)
    }

    @Test func manyErrorsAreNotAllTold() {
        let query = (0..<2000).map { "a\($0)=1" }.joined(separator: "&")
        let problem = #expect(throws: Problem.self) {
            _ = try Query(request(.get, path: "/?\(query)").uri, names: ["q"])
        }
        #expect(problem?.errors.count == Query.faultLimit)
    }

    /// A form sends an empty field as an empty parameter.
    @Test func anEmptyParameterIsAbsent() throws {
        let page = try Pagination<ListCursor>(
            try Query(request(.get, path: "/?limit=&cursor=").uri, names: ["limit", "cursor"]), list: "tickets",
            codec: codec)
        #expect(page.limit == 20 && page.after == nil)
    }

    @Test func theLimitHasADefault() throws {
        let page = try Pagination<ListCursor>(
            try Query(request(.get, path: "/?limit=100").uri, names: ["limit", "cursor"]), list: "tickets",
            codec: codec)
        #expect(page.limit == 100 && page.after == nil)
        let defaultPage = try Pagination<ListCursor>(
            try Query(request(.get).uri, names: ["limit"]), list: "tickets", codec: codec)
        #expect(defaultPage.limit == 20)
    }
}

@Suite struct CanonicalPathTests {
    @Test(
        arguments: [
            ("/tickets", nil), ("//tickets/", "/tickets"), ("/a//b", "/a/b"), ("/", nil), ("///", "/"),
            // A browser would follow this location to another host.
            (#"/\evil.example//"#, nil),
        ] as [(String, String?)])
    func aPathHasOneSpelling(path: String, canonical: String?) {
        #expect(CanonicalPath.of(path) == canonical)
    }
}

@Suite struct ClientAddressTests {
    @Test(arguments: [
        ("203.0.113.9", "203.0.113.9"), ("::ffff:203.0.113.9", "::ffff:203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:DB8:1:2::6", "2001:db8:1:2::/64"),
        ("2001:0db8:0001:0002::", "2001:db8:1:2::/64"), ("::1", "0:0:0:0::/64"), ("fe80::1", "fe80:0:0:0::/64"),
        ("unknown", "unknown"),
    ])
    func anIPv6CustomerHasOneNetwork(address: String, network: String) {
        #expect(ClientAddress.network(address) == network)
    }

    @Test(
        arguments: [
            ("203.0.113.9", "203.0.113.9"), ("203.0.113.9:4711", "203.0.113.9"), ("::ffff:203.0.113.9", "203.0.113.9"),
            ("[2001:DB8::6]:443", "2001:db8::6"), ("2001:db8::6", "2001:db8::6"), ("unknown", nil), ("", nil),
            ("203.0.113", nil), ("_hidden:80", nil), (String(repeating: "1", count: 100), nil),
        ] as [(String, String?)])
    func aProxyMayWriteAnAddressWithAPort(text: String, address: String?) {
        #expect(ClientAddress.address(in: text) == address)
    }

    @Test(arguments: [
        ("203.0.113.9", "203.0.113.0/24"), ("2001:db8:1:2::/64", "2001:db8:1::/48"), ("unknown", "unknown"),
    ])
    func theAccessLogShowsOnlyPartOfAnAddress(address: String, shown: String) {
        #expect(ClientAddress.shortened(address) == shown)
    }
}
