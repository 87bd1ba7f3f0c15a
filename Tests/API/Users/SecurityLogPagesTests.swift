import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// The security log on the pages of the account and of admins.
@Suite(.timeLimit(.minutes(2))) struct SecurityLogPagesTests {
    @Test func aUserSeesSignInsAndWrongPasswords() async throws {
        let api = try await RunningAPI.start(workers: [.users], ["TRUSTED_PROXIES": "1"])
        let client = api.client()
        let user = try await client.signUp("seen@example.com")
        let wrong = try await api.client().send(
            .post, "/api/users/signin", json: #"{"email":"seen@example.com","password":"a guess"}"#,
            ["X-Forwarded-For": "203.0.113.77", "User-Agent": "curl/8.5.0"])
        #expect(wrong.status == 400)
        let browser = TestUser.browser(at: api)
        browser.cookies = client.cookies
        try await eventually("the wrong password is recorded") {
            try await browser.visit("/account").expect(200).text.contains("Wrong password entered")
        }
        let page = try await browser.visit("/account").expect(200).text
        #expect(page.contains("203.0.113.77") && page.contains("curl/8.5.0") && page.contains("Account created"))

        try await ProductProcess.run(
            "gittix", ["users", "ban", "seen@example.com", "--reason", "sold twice"], environment: api.environment)
        let admin = try await TestUser.signUp(at: api)
        try await ProductProcess.run("gittix", ["users", "promote", admin.id], environment: api.environment)
        let shown = try await admin.page("/admin/users/\(user.id)").text
        #expect(shown.contains("Account suspended") && shown.contains("by the operator"))
        #expect(shown.contains("from active to banned") && shown.contains("reason: sold twice"))
        try await api.stop()
    }

    @Test func adminsReadTheLogOfAllAccounts() async throws {
        let api = try await RunningAPI.start(workers: [.users], ["TRUSTED_PROXIES": "1"])
        let admin = try await TestUser.signUp(at: api)
        try await ProductProcess.run("gittix", ["users", "promote", admin.id], environment: api.environment)
        let user = try await api.client().signUp("one@example.com")
        let wrong = #"{"email":"one@example.com","password":"a guess"}"#
        for address in ["203.0.113.77", "198.51.100.2"] {
            _ = try await api.client().send(.post, "/api/users/signin", json: wrong, ["X-Forwarded-For": address])
        }
        try await eventually("both wrong passwords are recorded") {
            try await admin.page("/admin/security?status=sign_in_failed").text.matches(of: /<td>Wrong password/).count
                == 2
        }
        let entry = "/admin/users/\(user.id)"
        for query in [
            "", "?q=one@example.com", "?q=\(user.id)", "?q=203.0.113.77", "?q=203.0.113.77&status=sign_in_failed",
        ] {
            let page = try await admin.page("/admin/security\(query)").text
            #expect(page.contains(entry) && page.contains("203.0.113.77"), "\(query)")
        }
        #expect(try await !admin.page("/admin/security?q=203.0.113.77").text.contains("198.51.100.2"))
        for query in ["q=nobody@example.com", "q=192.0.2.1", "status=banned"] {
            #expect(try await admin.page("/admin/security?\(query)").text.contains("Nothing found"), "\(query)")
        }

        // The list is divided into pages.
        for number in 0..<SecurityLogView.limit { try await api.client().signUp("many\(number)@example.com") }
        let first = try await admin.page("/admin/security?status=sign_up").text
        let older = try #require(first.firstMatch(of: /href="([^"]+)">Older/)).1.replacing("&amp;", with: "&")
        let second = try await admin.page(String(older)).text
        #expect(!first.contains(entry) && second.contains(entry) && second.contains(">Newest<"))
        try await api.stop()
    }

    /// An admin can't remove the other admins: only the operator can.
    @Test func theFormToBanIsNotShownForAdmins() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let (one, other) = (try await TestUser.signUp(at: api), try await TestUser.signUp(at: api))
        for admin in [one, other] {
            try await ProductProcess.run("gittix", ["users", "promote", admin.id], environment: api.environment)
        }
        let page = try await one.page("/admin/users/\(other.id)").text
        #expect(
            page.contains("Only the operator can ban") && HTMLForm.all(page).allSatisfy { !$0.action.hasSuffix("/ban") }
        )
        let form = HTMLForm(to: "/admin/users/\(other.id)/ban", ["reason": "takeover", "key": UUID().uuidString])
        _ = try await one.browser.send(form).expect(403)
        try await api.stop()
    }
}
