import Crypto
import Foundation
import Marketplace
import Testing

@testable import API

@Suite struct AccessTokenTests {
    let old = String(repeating: "o", count: 32)
    let new = String(repeating: "n", count: 32)
    let user = AccountReply(id: .new(), role: .member, version: 3, createdAt: Timestamp(seconds: 1))
    let now = Timestamp(seconds: 1_790_000_000)

    @Test func aSignedTokenIsValidUntilItExpires() async throws {
        let tokens = await AccessTokens(secrets: [old], lifetime: .seconds(900))
        let session = SessionID.new()
        let text = try await tokens.sign(user: user, session: session, now: now)
        let expected = Requester(
            id: user.id, session: session, version: 3, role: .member, expiresAt: now + .seconds(900))
        #expect(await tokens.verify(text, now: now) == .valid(expected))
        #expect(await tokens.verify(text, now: now + .seconds(899)) == .valid(expected))
        #expect(await tokens.verify(text, now: now + .seconds(900)) == .expired)
        // Issued in the future.
        #expect(await tokens.verify(text, now: now - .seconds(3600)) == .invalid)
    }

    @Test func tokensStayValidDuringTheRotationOfASecret() async throws {
        let text = try await AccessTokens(secrets: [old], lifetime: .seconds(900)).sign(
            user: user, session: .new(), now: now)
        let during = await AccessTokens(secrets: [new, old], lifetime: .seconds(900))
        guard case .valid = await during.verify(text, now: now) else { return #expect(Bool(false)) }
        let after = await AccessTokens(secrets: [new], lifetime: .seconds(900))
        #expect(await after.verify(text, now: now) == .invalid)
        let next = try await during.sign(user: user, session: .new(), now: now)
        guard case .valid = await after.verify(next, now: now) else { return #expect(Bool(false)) }
    }

    @Test func aForgedTokenIsInvalid() async throws {
        let tokens = await AccessTokens(secrets: [old], lifetime: .seconds(900))
        let text = try await tokens.sign(user: user, session: .new(), now: now)
        let parts = text.split(separator: ".").map(String.init)
        let none = Base64URL.encode(Array(#"{"alg":"none","typ":"JWT"}"#.utf8))
        let claims = try #require(Base64URL.decode(parts[1]))
        let admin = String(decoding: claims, as: UTF8.self).replacing("\"member\"", with: "\"admin\"")
        for forged in [
            "", "x", "..", "a.b.c", text + "x", parts[0] + "." + parts[1] + ".", none + "." + parts[1] + ".",
            parts[0] + "." + Base64URL.encode(Array(admin.utf8)) + "." + parts[2],
            String(repeating: "A", count: 100_000),
            Self.signed(claims: #"{"sub":"x"}"#, secret: old),
            Self.signed(
                claims: admin.replacing("\"iss\":\"gittix\"", with: "\"iss\":\"other\""), secret: old),
        ] {
            #expect(await tokens.verify(forged, now: now) == .invalid, "\(forged.prefix(80))")
        }
    }

    /// Verified tokens are cached by their digest, and still expire.
    @Test func aCachedTokenExpires() async throws {
        let tokens = await AccessTokens(secrets: [old], lifetime: .seconds(900))
        let text = try await tokens.sign(user: user, session: .new(), now: now)
        for _ in 0..<2 {
            guard case .valid = await tokens.verify(text, now: now) else { return #expect(Bool(false)) }
            #expect(await tokens.verify(text, now: now + .seconds(900)) == .expired)
            #expect(await tokens.verify(text + "x", now: now) == .invalid)
        }
    }

    @Test func cachedTokensAreBoundedAndUsedOnesStay() {
        let cache = VerifiedTokenCache(limit: 4)
        let digests = (0..<6).map { VerifiedTokenCache.digest(of: "token \($0)") }
        let claims = VerifiedTokenCache.Claims(
            requester: Requester(id: user.id, session: .new(), version: 3, role: .member, expiresAt: now), issuedAt: now
        )
        for digest in digests {
            cache[digest] = claims
            #expect(cache[digests[0]] != nil)
            #expect(cache.count <= 4)
        }
        #expect(cache[digests[1]] == nil)
        #expect(cache[digests[5]] != nil)
    }

    /// A token with any claims, signed with the secret.
    private static func signed(claims: String, secret: String) -> String {
        let head = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
        let text = head + "." + Base64URL.encode(Array(claims.utf8))
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(text.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return text + "." + Base64URL.encode(code)
    }
}
