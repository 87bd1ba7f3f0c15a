import CurlClient
import Foundation
import Marketplace
import Passwords
import Support
import Testing

@testable import API

@Suite(.timeLimit(.minutes(2))) struct NewPasswordTests {
    private let email = EmailAddress("someone.else@example.com")!

    private func fault(_ password: String) -> NewPassword.Fault? {
        do {
            _ = try NewPassword(password, email: email)
            return nil
        } catch { return error }
    }

    @Test(arguments: [
        "12345678", "password", "PassWord1", "        ", "aaaaaaaaaaaa", "abcabcabcabc", "hgfedcba", "iloveyou",
    ])
    func commonPasswordsAreRefused(password: String) { #expect(fault(password) == .common) }

    @Test(arguments: ["someone.else@example.com", "Someone.Else@Example.com", "someone.else", "SOMEONE.ELSE"])
    func theAddressIsRefused(password: String) { #expect(fault(password) == .isAddress) }

    /// Eight code points are enough, with any number of bytes or code units.
    @Test func charactersAreCounted() {
        #expect(fault("длинныйп") == nil)
        #expect(fault("🎸🥁🎺🎻🪕🎷🪗") == .tooShort)
        #expect(fault("🎸🥁🎺🎻🪕🎷🪗🎹") == nil)
        // 7 letters with accents, composed or not.
        #expect(fault("éàüñçøî") == .tooShort)
        #expect(fault("éàüñçøî".decomposedStringWithCanonicalMapping) == .tooShort)
        #expect(fault(String(repeating: "twelve words ", count: 19)) == nil)
        #expect(fault(String(repeating: "🎸🥁🎺🎻", count: 64)) == nil)
        #expect(fault(String(repeating: "🎸🥁🎺🎻", count: 64) + "🎸") == .tooLong)
        #expect(fault("a\u{0}bcdefgh") == .hasControlCharacters)
    }

    @Test func bothNormalFormsAreOnePassword() async throws {
        let hasher = PasswordHasher(cost: PasswordCost(memoryKiB: 64, passes: 1))
        let composed = "crème brûlée".precomposedStringWithCanonicalMapping
        let decomposed = composed.decomposedStringWithCanonicalMapping
        #expect(!composed.utf8.elementsEqual(decomposed.utf8))
        let hash = try await hasher.hash(NewPassword(decomposed, email: nil).text)
        for typed in [composed, decomposed] { #expect(try await hasher.verify(typed: typed, against: hash)) }
        #expect(try await !hasher.verify(typed: "creme brulee", against: hash))
        #expect(try await !hasher.verify(typed: decomposed, against: nil))
        // Version 0.9 hashed passwords as they were typed.
        let old = try await hasher.hash(decomposed)
        #expect(try await hasher.verify(typed: decomposed, against: old))
    }

    /// The rules apply wherever a password is set: at sign-up and when it is changed, in the JSON API and in the forms.
    @Test func weakPasswordsAreRefusedWhereverTheyAreSet() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let client = api.client()
        for password in ["password1", "mine@example.com"] {
            let answer = try await client.send(
                .post, "/api/users/signup", json: #"{"email":"mine@example.com","password":"\#(password)"}"#)
            #expect(answer.status == 400 && answer.fields == ["password"])
        }
        try await client.signUp("mine@example.com")
        for password in ["password1", "mine@example.com"] {
            let answer = try await client.send(
                .put, "/api/users/me/password",
                json: #"{"password":"\#(APIClient.password)","newPassword":"\#(password)"}"#)
            #expect(answer.status == 400 && answer.fields == ["newPassword"])
        }
        let browser = TestUser.browser(at: api)
        let form = try #require(HTMLForm(try await browser.visit("/signup").expect(200).text, having: "email"))
        let page = try await browser.send(form.filled(["email": "new@example.com", "password": "password1"])).expect(
            422)
        #expect(page.text.contains("easy to guess"))
        try await api.stop()
    }
}
