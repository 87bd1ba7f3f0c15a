import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// Sign-in, sign-out and the renewal of sessions, with real workers of the users service.
@Suite(.timeLimit(.minutes(2))) struct SessionTests {
    private static let secrets = RefreshSecrets(keys: DerivedKeys(secrets: [RunningAPI.secret]))

    private func current(_ client: APIClient) async throws -> String? {
        let answer = try await client.send(.get, "/api/users/currentuser")
        return (answer.json["currentUser"] as? [String: Any])?["email"] as? String
    }

    private func signIn(_ client: APIClient, _ email: String, _ password: String) async throws -> APIClient.Answer {
        try await client.send(.post, "/api/users/signin", json: #"{"email":"\#(email)","password":"\#(password)"}"#)
    }

    @Test func signingInAndOutChangesTheSession() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let client = api.client()
        #expect(try await current(client) == nil)
        try await client.signUp("Mixed@Example.com")
        #expect(try await current(client) == "mixed@example.com")
        let old = client.cookies
        #expect(try await client.send(.post, "/api/users/signout").status == 200)
        #expect(!client.cookies.hasSession)
        #expect(try await current(client) == nil)
        // The refresh token is invalid now, and using it clears the cookie.
        client.cookies = ["gittix_refresh": old["gittix_refresh"] ?? ""]
        #expect(try await current(client) == nil)
        #expect(!client.cookies.hasSession)
        #expect(try await client.send(.post, "/api/users/signout").status == 200)

        let wrong = try await signIn(client, "mixed@example.com", "wrong horse battery")
        let unknown = try await signIn(client, "nobody@example.com", APIClient.password)
        #expect(wrong.status == 400 && unknown.status == 400)
        #expect(wrong.problem == "wrong-credentials" && unknown.problem == "wrong-credentials")
        #expect(wrong.text("detail") == unknown.text("detail"))
        #expect(!client.cookies.hasSession)
        #expect(try await signIn(client, "MIXED@example.com", APIClient.password).status == 200)
        #expect(try await current(client) == "mixed@example.com")
        try await api.stop()
    }

    /// A forged token causes no command: without Redis, the responses are the same.
    @Test func aForgedTokenIsRefusedWithoutACommand() async throws {
        let redis = try await RedisServer.start()
        let api = try await RunningAPI.start(redisURL: redis.url)
        let client = api.client()
        try await redis.kill()
        let others = RefreshSecrets(keys: DerivedKeys(secrets: [String(repeating: "x", count: 40)]))
        for text in [others.make().text, "short", Base64URL.encode(Array(repeating: 7, count: 32))] {
            func setCookie() { client.cookies = ["gittix_refresh": text] }
            setCookie()
            #expect(try await current(client) == nil)
            #expect(!client.cookies.hasSession)
            setCookie()
            #expect(try await client.send(.get, "/api/orders").status == 401)
            #expect(!client.cookies.hasSession)
            setCookie()
            #expect(try await client.send(.post, "/api/users/signout").status == 200)
            #expect(!client.cookies.hasSession)
            let body = #"{"refreshToken":"\#(text)"}"#
            #expect(try await client.send(.post, "/api/users/refresh", json: body).status == 401)
            #expect(try await client.send(.post, "/api/users/signout", json: body).status == 200)
        }
        // A genuine token causes a command.
        let genuine = #"{"refreshToken":"\#(Self.secrets.make().text)"}"#
        #expect(try await client.send(.post, "/api/users/refresh", json: genuine).status == 503)
        try await api.stop()
    }

    /// First without workers, then without Redis.
    @Test func signingOutClearsTheCookiesDuringAnOutage() async throws {
        let redis = try await RedisServer.start()
        let api = try await RunningAPI.start(redisURL: redis.url)
        let held = ["gittix_access": try await api.token(), "gittix_refresh": Self.secrets.make().text]
        let client = api.client()
        client.cookies = held
        #expect(try await client.send(.post, "/api/users/signout", ["Prefer": "wait=0"]).status == 202)
        #expect(!client.cookies.hasSession)
        try await redis.kill()
        client.cookies = held
        #expect(try await client.send(.post, "/api/users/signout").status == 503)
        #expect(!client.cookies.hasSession)
        try await api.stop()
    }

    /// A request with an expired access token succeeds.
    @Test func anExpiredTokenIsRenewedDuringARequest() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let client = api.client()
        try await client.signUp("away@example.com")
        let before = client.cookies
        client.cookies["gittix_access"] = nil
        #expect(try await current(client) == "away@example.com")
        #expect(client.cookies["gittix_access"] != nil)
        #expect(client.cookies["gittix_refresh"] != before["gittix_refresh"])
        // An invalid token counts as missing.
        client.cookies["gittix_access"] = "nonsense"
        #expect(try await current(client) == "away@example.com")
        // An error response also sets the new cookies, because the client has no other copy of the new tokens.
        let last = client.cookies["gittix_refresh"]
        client.cookies["gittix_access"] = nil
        #expect(try await client.send(.get, "/api/tickets/x").status == 400)
        #expect(client.cookies["gittix_refresh"] != last)
        try await api.stop()
    }

    @Test func onlyOneOfFiftyUsesRotatesTheToken() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let client = api.client()
        try await client.signUp("tabs@example.com")
        let refresh = try #require(client.cookies["gittix_refresh"])
        let answers = try await withThrowingTaskGroup(of: APIClient.Answer.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let tab = api.client()
                    tab.cookies = ["gittix_refresh": refresh]
                    return try await tab.send(.get, "/api/users/currentuser")
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.text.contains("tabs@example.com") })
        let rotated = answers.filter { answer in
            answer.headers.contains { $0.name.lowercased() == "set-cookie" && $0.value.hasPrefix("gittix_refresh=") }
        }
        #expect(rotated.count == 1)
        #expect(answers.allSatisfy { answer in answer.headers.contains { $0.value.hasPrefix("gittix_access=") } })
        try await api.stop()
    }

    @Test func reuseAfterTheGraceEndsTheSession() async throws {
        let api = try await RunningAPI.start(workers: [.users], ["REFRESH_GRACE_SECONDS": "0"])
        let (owner, thief) = (api.client(), api.client())
        try await owner.signUp("stolen@example.com")
        let stolen = try #require(owner.cookies["gittix_refresh"])
        owner.cookies["gittix_access"] = nil
        #expect(try await current(owner) == "stolen@example.com")
        thief.cookies = ["gittix_refresh": stolen]
        #expect(try await current(thief) == nil)
        #expect(!thief.cookies.hasSession)
        owner.cookies["gittix_access"] = nil
        #expect(try await current(owner) == nil)
        try await api.stop()
    }

    @Test func programsSignInWithoutCookies() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        try await api.client().signUp("program@example.com")
        let program = api.client()
        let credentials = #"{"email":"program@example.com","password":"\#(APIClient.password)"}"#
        let tokens = try await program.send(.post, "/api/users/token", json: credentials)
        #expect(tokens.status == 200)
        #expect(!program.cookies.hasSession)
        #expect(tokens.json["expiresIn"] as? Int == 900)
        let bearer = ["Authorization": "Bearer \(tokens.text("accessToken"))"]
        #expect(try await program.send(.get, "/api/orders", bearer).status == 200)
        let refresh = #"{"refreshToken":"\#(tokens.text("refreshToken"))"}"#
        let next = try await program.send(.post, "/api/users/refresh", json: refresh)
        #expect(next.status == 200)
        #expect(!next.text("refreshToken").isEmpty)
        // Within the grace period, the response has an access token, but no second refresh token.
        let again = try await program.send(.post, "/api/users/refresh", json: refresh)
        #expect(again.status == 200)
        #expect(again.json["refreshToken"] == nil)
        #expect(
            try await program.send(
                .post, "/api/users/signout", json: #"{"refreshToken":"\#(next.text("refreshToken"))"}"#
            ).status == 200)
        let over = try await program.send(
            .post, "/api/users/refresh", json: #"{"refreshToken":"\#(next.text("refreshToken"))"}"#)
        #expect(over.status == 401)
        #expect(try await program.send(.post, "/api/users/refresh", json: #"{"refreshToken":"x"}"#).status == 401)
        try await api.stop()
    }

    @Test func signUpsAndSignInsAreLimited() async throws {
        let api = try await RunningAPI.start(
            workers: [.users],
            ["SIGN_UPS_PER_MINUTE": "2", "ACCOUNT_SIGN_INS_PER_MINUTE": "3", "TRUSTED_PROXIES": "1"])
        let client = api.client()
        func signUp(from address: String) async throws -> APIClient.Answer {
            try await client.send(
                .post, "/api/users/signup",
                json: #"{"email":"\#(UUID().uuidString.prefix(8))@example.com","password":"correct horse"}"#,
                ["X-Forwarded-For": "203.0.113.9, \(address)"])
        }
        for _ in 0..<2 { #expect(try await signUp(from: "198.51.100.1").status == 201) }
        let refused = try await signUp(from: "198.51.100.1")
        #expect(refused.status == 429)
        #expect(refused.problem == "too-many-requests")
        #expect((1...60).contains(Int(refused[header: "Retry-After"] ?? "") ?? 0))
        // Another address has its own counter.
        #expect(try await signUp(from: "198.51.100.2").status == 201)
        // A change of the e-mail address counts as a sign-up, because its reply also tells whether an address has an
        // account.
        func changeEmail(from address: String) async throws -> Int {
            try await client.send(
                .put, "/api/users/me/email",
                json: #"{"email":"\#(UUID().uuidString.prefix(8))@example.com","password":"correct horse"}"#,
                ["X-Forwarded-For": "203.0.113.9, \(address)"]
            ).status
        }
        #expect(try await changeEmail(from: "198.51.100.2") == 200)
        #expect(try await changeEmail(from: "198.51.100.2") == 429)

        for attempt in 0..<4 {
            let answer = try await client.send(
                .post, "/api/users/signin", json: #"{"email":"victim@example.com","password":"guess\#(attempt)"}"#,
                ["X-Forwarded-For": "203.0.113.\(attempt)"])
            #expect(answer.status == (attempt < 3 ? 400 : 429))
        }
        try await api.stop()
    }
}
