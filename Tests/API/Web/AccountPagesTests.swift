import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// The account page.
@Suite(.timeLimit(.minutes(2))) struct AccountPagesTests {
    private static let password = "correct horse battery"
    private static let other = "another long password"

    private func form(_ browser: TestBrowser, to action: String) async throws -> HTMLForm {
        let page = try await browser.visit("/account").expect(200)
        return try #require(HTMLForm(page.text, to: action))
    }

    private func signedIn(_ email: String, _ password: String, at api: RunningAPI) async throws -> TestBrowser {
        let browser = TestUser.browser(at: api)
        let form = HTMLForm(to: "/signin", ["email": email, "password": password])
        _ = try await browser.send(form).expect(303)
        return browser
    }

    @Test func addressIsChangedOnceAndFaultsAreShownAtTheirFields() async throws {
        let api = try await RunningAPI.start(workers: [.users, .listings])
        try await api.client().signUp("taken@example.com")
        let fan = try await TestUser.signUp(at: api)
        let form = try await form(fan.browser, to: "/account/email")
        let cases = [
            ("nowhere", "", ["email", "password"]), ("taken@example.com", Self.password, ["email"]),
            ("new@example.com", "not this one", ["password"]),
        ]
        for (email, password, wrong) in cases {
            let page = try await fan.browser.send(form.filled(["email": email, "password": password]))
            #expect((400..<500).contains(page.status))
            for field in ["email", "password", "currentPassword", "newPassword"] {
                #expect(page.text.contains("id=\"\(field)-error\"") == wrong.contains(field), "\(email) \(field)")
            }
            let again = try #require(HTMLForm(page.text, to: "/account/email"))
            #expect(again["email"] == email && again["password"] == "" && again["key"] != form["key"])
        }
        let right = try #require(HTMLForm(try await fan.page("/account").text, to: "/account/email"))
            .filled(["email": "new@example.com", "password": Self.password])
        let answers = try await concurrently(2) { _ in try await fan.browser.send(right).expect(303) }
        #expect(answers.allSatisfy { $0[header: "Location"] == "/account?done=email" })
        let page = try await fan.page("/account?done=email")
        #expect(page.text.contains("new@example.com") && page.text.contains("role=\"status\""))
        // The command waits until the listings service has the event of the change.
        _ = try await fan.sell()
        try await api.stop()
    }

    @Test func changedPasswordSignsOutEverywhereElse() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let email = "me@example.com"
        try await api.client().signUp(email)
        let (here, there) = (
            try await signedIn(email, Self.password, at: api), try await signedIn(email, Self.password, at: api)
        )
        let form = try await form(here, to: "/account/password")
        #expect(form["username"] == email)
        let wrong = try await here.send(form.filled(["currentPassword": "a guess", "newPassword": Self.other]))
            .expect(422)
        #expect(wrong.text.contains("id=\"currentPassword-error\"") && !wrong.text.contains("id=\"password-error\""))
        let short = try await here.send(form.filled(["currentPassword": Self.password, "newPassword": "short"]))
            .expect(422)
        #expect(short.text.contains("id=\"newPassword-error\"") && !short.text.contains(Self.password))

        let right = try #require(HTMLForm(short.text, to: "/account/password"))
            .filled(["currentPassword": Self.password, "newPassword": Self.other])
        for _ in 0..<2 {
            #expect(try await here.send(right).expect(303)[header: "Location"] == "/account?done=password")
        }
        #expect(try await there.visit("/account").expect(303)[header: "Location"] == "/signin?next=%2Faccount")
        #expect(!there.cookies.hasSession)
        _ = try await here.visit("/account").expect(200)
        _ = try await signedIn(email, Self.other, at: api)
        try await api.stop()
    }

    @Test func sessionsAreListedAndEnded() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let email = "me@example.com"
        try await api.client().signUp(email)
        let here = try await signedIn(email, Self.password, at: api)
        let others = try await [
            signedIn(email, Self.password, at: api), signedIn(email, Self.password, at: api),
        ]
        let page = try await here.visit("/account").expect(200)
        let ends = HTMLForm.all(page.text).filter { $0.action.hasSuffix("/end") }
        #expect(ends.count == 3 && page.text.contains("This session"))
        for _ in 0..<2 {
            #expect(try await here.send(ends[0]).expect(303)[header: "Location"]?.hasPrefix("/account") == true)
        }
        // The newest session is listed first.
        #expect(try await others[1].visit("/account").expect(303)[header: "Location"] == "/signin?next=%2Faccount")
        // Ending another user's session has no effect and is not an error.
        let stranger = try await TestUser.signUp(at: api)
        #expect(try await stranger.browser.send(ends[1]).expect(303)[header: "Location"] == "/account")
        #expect(HTMLForm.all(try await here.visit("/account").text).count { $0.action.hasSuffix("/end") } == 2)

        let all = try await form(here, to: "/account/sessions/end-others")
        #expect(try await here.send(all).expect(303)[header: "Location"] == "/account?done=sessions")
        let alone = try await here.visit("/account?done=sessions").expect(200)
        #expect(HTMLForm.all(alone.text).allSatisfy { !$0.action.contains("/sessions/") })
        // An ended session cannot end others. It is refused by the users service, and by the API some moments later.
        let cookies = others[0].cookies
        let own = try #require(try await here.get("/api/users/me/sessions").json[0]["id"].string)
        for attempt in [all, HTMLForm(to: "/account/sessions/\(own)/end", ["key": UUID().uuidString])] {
            others[0].cookies = cookies
            #expect([303, 401].contains(try await others[0].send(attempt).status))
        }
        #expect(try await others[0].visit("/account").expect(303)[header: "Location"] == "/signin?next=%2Faccount")
        _ = try await here.visit("/account").expect(200)
        try await api.stop()
    }

    @Test(arguments: [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 "
                + "Edg/140.0", "Edge on Windows"
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile/15E Safari/604.1",
            "Safari on iPhone"
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36",
            "Chrome on Android"
        ),
        ("curl/8.5.0", "curl/8.5.0"), ("", "An unknown device"),
    ])
    func devicesHaveFamiliarNames(userAgent: String, name: String) { #expect(UserAgent.name(userAgent) == name) }
}
