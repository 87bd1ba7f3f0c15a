import Support
import Testing

extension Journeys {
    @Suite(.serialized)
    struct SessionTests {
        private static let access = "gittix_access"
        private static let refresh = "gittix_refresh"
        private static let tabs = 50

        @Test("Of 50 concurrent uses of one refresh token one rotates it, and nobody is signed out")
        func rotation() async throws {
            let settings = ["REFRESH_GRACE_SECONDS": "2", "ACCESS_TOKEN_SECONDS": "1"]
            try await System.run([.api: 2, .users: 2], settings: settings) { system in
                let person = try await Person.signUp("tabs", in: system.browser())
                let old = try #require(person.browser.cookies[Self.refresh])
                person.browser.cookies[Self.access] = nil

                // A tab each, all with the same cookie of the refresh token and without an access token.
                let tabs = (0..<Self.tabs).map { _ in person.browser.copy() }
                let answers = try await concurrently(tabs.count) { try await tabs[$0].get("/api/users/currentuser") }

                for answer in answers {
                    #expect(answer.status == 200)
                    #expect(answer.json["currentUser"]["id"] == .string(person.id), "nobody is signed out: \(answer)")
                    #expect(answer.cookies[Self.refresh] != "", "nobody's cookie is taken away")
                }
                let rotated = answers.compactMap { $0.cookies[Self.refresh] }.filter { !$0.isEmpty }
                print("sessions: \(answers.count) uses of one token, \(rotated.count) rotated it")
                #expect(rotated.count == 1)
                let new = try #require(rotated.first)
                #expect(new != old)
                let tokens = try await system.database.rows(
                    "SELECT count(*), count(rotated_at) FROM users.refresh_tokens")
                #expect(tokens == [["2", "1"]])

                // The next token works, and is rotated in its turn.
                let latest = try await uses(new, of: person, as: person.id)
                #expect(latest != new)

                // The first again, after the grace: it was stolen, here or there.
                try await eventually("the old token is refused") {
                    let thief = person.browser.copy()
                    thief.cookies = [Self.refresh: old]
                    return try await Person.current(in: thief) == nil
                }
                let owner = person.browser.copy()
                owner.cookies = [Self.refresh: latest]
                #expect(try await Person.current(in: owner) == nil, "the whole family has ended")
                let ends = try await system.database.column("SELECT ended_because FROM users.sessions")
                #expect(ends == ["token_reused"])

                // Which hinders nobody from signing in again.
                try await person.signIn().expect(200)
                #expect(try await person.currentUser() == person.id)
            }
        }

        /// - Returns: the token that took its place.
        private func uses(_ token: String, of person: Person, as user: String) async throws -> String {
            let browser = person.browser.copy()
            browser.cookies = [Self.refresh: token]
            let answer = try await browser.get("/api/users/currentuser").expect(200)
            #expect(answer.json["currentUser"]["id"] == .string(user))
            return try #require(answer.cookies[Self.refresh])
        }
    }
}
