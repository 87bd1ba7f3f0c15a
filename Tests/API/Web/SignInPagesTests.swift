import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// The pages to sign up, sign in and sign out.
@Suite(.timeLimit(.minutes(2))) struct SignInPagesTests {
    private static let password = "correct horse battery"

    private func form(_ browser: TestBrowser, _ path: String) async throws -> HTMLForm {
        let page = try await browser.visit(path).expect(200)
        return try #require(HTMLForm(page.text, having: "email"))
    }

    @Test func signingInLeadsBackToTheRequestedPage() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let browser = TestUser.browser(at: api)
        let asked = try await browser.visit("/account").expect(303)
        #expect(asked[header: "Location"] == "/signin?next=%2Faccount")
        let page = try await browser.visit("/signin?next=%2Faccount").expect(200)
        #expect(page.text.contains("href=\"/signup?next=%2Faccount\""))
        let wrong = try await browser.send(
            HTMLForm(page.text, having: "email")!.filled(["email": "new@example.com", "password": "wrong"])
        ).expect(422)
        let again = try #require(HTMLForm(wrong.text, having: "email"))
        #expect(again["email"] == "new@example.com" && again["password"] == "" && again["next"] == "/account")
        #expect(wrong.text.contains("role=\"alert\""))

        let up = try await form(browser, "/signup?next=%2Faccount")
            .filled(["email": "New@example.com", "password": Self.password])
        let done = try await browser.send(up).expect(303)
        #expect(done[header: "Location"] == "/account")
        // The same form sent again signs in to the same account.
        let other = TestUser.browser(at: api)
        #expect(try await other.send(up).expect(303)[header: "Location"] == "/account")
        #expect(try await other.visit("/account").expect(200).text.contains("new@example.com"))
        // A signed-in user is redirected at once.
        for path in ["/signin?next=%2Forders", "/signup?next=%2Forders"] {
            #expect(try await browser.visit(path).expect(303)[header: "Location"] == "/orders")
        }
        try await api.stop()
    }

    @Test func signingInNeverRedirectsToAnotherSite() async throws {
        let api = try await RunningAPI.start(workers: [.users], ["ACCOUNT_SIGN_INS_PER_MINUTE": "100"])
        try await api.client().signUp("led@example.com")
        for next in ["https://evil.example", "//evil.example", "/\\evil.example", "/signin?next=/", "", "/\u{9}/evil"] {
            let browser = TestUser.browser(at: api)
            let path = "/signin" + URLEncoding.query([("next", next)])
            let filled = try await form(browser, path)
                .filled(["email": "led@example.com", "password": Self.password])
            #expect(try await browser.send(filled).expect(303)[header: "Location"] == "/")
            let typed = HTMLForm(
                to: "/signin", ["email": "led@example.com", "password": Self.password, "next": next])
            #expect(try await browser.send(typed).expect(303)[header: "Location"] == "/")
        }
        try await api.stop()
    }

    @Test func faultsAreShownAtTheirFields() async throws {
        let api = try await RunningAPI.start(workers: [.users], ["SIGN_INS_PER_MINUTE": "6"])
        try await api.client().signUp("taken@example.com")
        let browser = TestUser.browser(at: api)
        let up = try await form(browser, "/signup")
        let cases = [
            ("nowhere", "short", ["email", "password"]), ("taken@example.com", Self.password, ["email"]),
            ("a@example.com", String(repeating: "x", count: 257), ["password"]),
        ]
        for (email, password, wrong) in cases {
            let page = try await browser.send(up.filled(["email": email, "password": password])).expect(422)
            for field in ["email", "password"] {
                #expect(page.text.contains("id=\"\(field)-error\"") == wrong.contains(field), "\(email) \(field)")
            }
            #expect(HTMLForm(page.text, having: "email")?["email"] == email)
            #expect(!page.text.contains(password))
        }
        let signIn = try await form(browser, "/signin").filled(["email": "taken@example.com", "password": "wrong one"])
        var last = try await browser.send(signIn).expect(422)
        for _ in 0..<6 { last = try await browser.send(signIn).expect(422) }
        #expect(last.text.contains("Too many attempts"))
        try await api.stop()
    }

    /// The form keeps its key and its values, except the password.
    @Test func formsKeepTheirValuesWithoutRedis() async throws {
        let redis = try await RedisServer.start()
        let api = try await RunningAPI.start(redisURL: redis.url)
        let browser = TestUser.browser(at: api)
        let forms = [try await form(browser, "/signup"), try await form(browser, "/signin")]
        try await redis.kill()
        for form in forms {
            let page = try await browser.send(
                form.filled(["email": "kept@example.com", "password": Self.password])
            ).expect(503)
            let again = try #require(HTMLForm(page.text, to: form.action))
            #expect(again["email"] == "kept@example.com" && again["password"] == "" && again["key"] == form["key"])
            #expect(page.text.contains("role=\"alert\""))
        }
        try await api.stop()
    }

    @Test func signingOutEndsTheSession() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let fan = try await TestUser.signUp(at: api)
        let old = fan.browser.copy()
        let left = try await fan.browser.send(HTMLForm(to: "/signout", [:])).expect(303)
        #expect(left[header: "Location"] == "/")
        #expect(!fan.browser.cookies.hasSession)
        #expect(try await fan.browser.visit("/account").expect(303)[header: "Location"] == "/signin?next=%2Faccount")
        // Another window still has the cookies of the ended session.
        #expect(try await old.visit("/account").expect(303)[header: "Location"] == "/signin?next=%2Faccount")
        #expect(!old.cookies.hasSession)
        // Signing out twice is not an error.
        #expect(try await fan.browser.send(HTMLForm(to: "/signout", [:])).status == 303)
        try await api.stop()
    }

    @Test func bannedUserIsToldOnEveryPageAndCanSignOut() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let fan = try await TestUser.signUp(at: api)
        let email = try await fan.browser.get("/api/users/currentuser").json["currentUser"]["email"].string ?? ""
        try await ProductProcess.run("gittix", ["users", "ban", email], environment: api.environment)
        try await eventually("the ban is known") { try await fan.browser.visit("/").status == 403 }
        for path in ["/", "/account", "/orders", "/sell", "/admin/users", "/signin"] {
            let page = try await fan.browser.visit(path).expect(403)
            #expect(page.text.contains("suspended") && HTMLForm(page.text, to: "/signout") != nil, "\(path)")
        }
        #expect(try await fan.browser.send(HTMLForm(to: "/signout", [:])).status == 303)
        _ = try await fan.browser.visit("/").expect(200)
        let page = try await fan.browser.send(
            form(fan.browser, "/signin").filled(["email": email, "password": Self.password])
        ).expect(422)
        #expect(page.text.contains("suspended"))
        try await api.stop()
    }
}
