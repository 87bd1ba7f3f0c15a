import Support
import Testing

extension Journeys {
    @Suite(.serialized)
    struct SessionTests {
        private static let access = "gittix_access"
        private static let refresh = "gittix_refresh"
        private static let tabs = 50

        @Test("50 concurrent uses of a refresh token rotate it once and sign no user out")
        func concurrentRefreshRotatesOnce() async throws {
            let settings = ["REFRESH_GRACE_SECONDS": "2", "ACCESS_TOKEN_SECONDS": "1"]
            try await SystemHarness.run([.api: 2, .users: 2], settings: settings) { system in
                let user = try await TestUser.signUp("tabs", in: system.browser())
                let old = try #require(user.browser.cookies[Self.refresh])
                user.browser.cookies[Self.access] = nil

                // Each tab has the same refresh token and no access token.
                let tabs = (0..<Self.tabs).map { _ in user.browser.copy() }
                let responses = try await concurrently(tabs.count) { try await tabs[$0].get("/api/users/currentuser") }

                for response in responses {
                    #expect(response.status == 200)
                    #expect(
                        response.json["currentUser"]["id"] == .string(user.id), "the tab is signed out: \(response)")
                    #expect(response.cookies[Self.refresh] != "", "the cookie was cleared")
                }
                let rotated = responses.compactMap { $0.cookies[Self.refresh] }.filter { !$0.isEmpty }
                print("sessions: \(responses.count) uses of one token, \(rotated.count) rotations")
                #expect(rotated.count == 1)
                let new = try #require(rotated.first)
                #expect(new != old)
                let tokens = try await system.database.rows(
                    "SELECT count(*), count(rotated_at) FROM users.refresh_tokens")
                #expect(tokens == [["2", "1"]])

                // The new token works and is rotated in turn.
                let latest = try await rotate(new, of: user)
                #expect(latest != new)

                // Reuse of the first token after the grace period ends the session, because either user of the token
                // may be a thief.
                try await eventually("the old token is refused") {
                    let thief = user.browser.copy()
                    thief.cookies = [Self.refresh: old]
                    return try await TestUser.currentUser(in: thief) == nil
                }
                let owner = user.browser.copy()
                owner.cookies = [Self.refresh: latest]
                #expect(try await TestUser.currentUser(in: owner) == nil, "the session has not ended")
                let ends = try await system.database.column("SELECT ended_because FROM users.sessions")
                #expect(ends == ["token_reused"])

                // The user can sign in again.
                try await user.signIn().expect(200)
                #expect(try await user.currentUser() == user.id)
            }
        }

        /// Uses a refresh token and returns the token that replaces it.
        private func rotate(_ token: String, of user: TestUser) async throws -> String {
            let browser = user.browser.copy()
            browser.cookies = [Self.refresh: token]
            let response = try await browser.get("/api/users/currentuser").expect(200)
            #expect(response.json["currentUser"]["id"] == .string(user.id))
            return try #require(response.cookies[Self.refresh])
        }
    }
}
