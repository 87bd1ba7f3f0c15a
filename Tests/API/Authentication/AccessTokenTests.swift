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

    @Test func aSignedTokenIsValidUntilItExpires() throws {
        let tokens = AccessTokens(secrets: [old], lifetime: .seconds(900))
        let session = SessionID.new()
        let text = try tokens.sign(user: user, session: session, now: now)
        let expected = Requester(
            id: user.id, session: session, version: 3, role: .member, expiresAt: now + .seconds(900))
        #expect(tokens.verify(text, now: now) == .valid(expected))
        #expect(tokens.verify(text, now: now + .seconds(899)) == .valid(expected))
        #expect(tokens.verify(text, now: now + .seconds(900)) == .expired)
        // The token is issued in the future.
        #expect(tokens.verify(text, now: now - .seconds(3600)) == .invalid)
    }

    @Test func tokensStayValidDuringTheRotationOfASecret() throws {
        let text = try AccessTokens(secrets: [old], lifetime: .seconds(900)).sign(
            user: user, session: .new(), now: now)
        let during = AccessTokens(secrets: [new, old], lifetime: .seconds(900))
        guard case .valid = during.verify(text, now: now) else { return #expect(Bool(false)) }
        let after = AccessTokens(secrets: [new], lifetime: .seconds(900))
        #expect(after.verify(text, now: now) == .invalid)
        let next = try during.sign(user: user, session: .new(), now: now)
        guard case .valid = after.verify(next, now: now) else { return #expect(Bool(false)) }
    }

    @Test func aForgedTokenIsInvalid() throws {
        let tokens = AccessTokens(secrets: [old], lifetime: .seconds(900))
        let text = try tokens.sign(user: user, session: .new(), now: now)
        let parts = text.split(separator: ".").map(String.init)
        let (header, claims) = (try decoded(parts[0]), try decoded(parts[1]))
        let none = header.replacing("HS256", with: "none")
        for forged in [
            "", "x", "..", "a.b.c", text + "x", text + ".", text + ".x", text + "=", parts[0] + "." + parts[1] + ".",
            Base64URL.encode(none.utf8) + "." + parts[1] + ".",
            parts[0] + "." + Base64URL.encode(claims.replacing("member", with: "admin").utf8) + "." + parts[2],
            String(repeating: "A", count: 100_000),
            signed(header, claims, secret: new),
        ] {
            #expect(tokens.verify(forged, now: now) == .invalid, "\(forged.prefix(80))")
        }
    }

    @Test func onlyOwnHeadersAndClaimsAreAccepted() throws {
        let tokens = AccessTokens(secrets: [old], lifetime: .seconds(900))
        let text = try tokens.sign(user: user, session: .new(), now: now)
        let parts = text.split(separator: ".").map(String.init)
        let (header, claims) = (try decoded(parts[0]), try decoded(parts[1]))
        guard case .valid = tokens.verify(signed(header, claims, secret: old), now: now) else {
            return #expect(Bool(false))
        }
        // The header as another implementation may write it.
        let kid = try #require(header.firstMatch(of: /"kid":"([^"]+)"/)?.1)
        guard
            case .valid = tokens.verify(signed(#"{ "kid": "\#(kid)", "alg": "HS256" }"#, claims, secret: old), now: now)
        else { return #expect(Bool(false)) }
        for other in [
            header.replacing("HS256", with: "none"), header.replacing("HS256", with: "HS512"),
            header.replacing("HS256", with: "RS256"), header.replacing(kid, with: "other"),
            #"{"alg":"HS256","typ":"JWT"}"#, "{}", "", "[]",
            // An extension that the reader must understand.
            header.replacing("{", with: #"{"crit":["exp"],"#),
        ] {
            #expect(tokens.verify(signed(other, claims, secret: old), now: now) == .invalid, "\(other)")
        }
        for other in [
            #"{"sub":"x"}"#, "{}", claims.replacing(#""iss":"gittix""#, with: #""iss":"other""#),
            claims.replacing(#""aud":"gittix""#, with: #""aud":"other""#),
        ] {
            #expect(tokens.verify(signed(header, other, secret: old), now: now) == .invalid, "\(other)")
        }
    }

    /// Verified tokens are cached by their digest, and still expire.
    @Test func aCachedTokenExpires() throws {
        let tokens = AccessTokens(secrets: [old], lifetime: .seconds(900))
        let text = try tokens.sign(user: user, session: .new(), now: now)
        for _ in 0..<2 {
            guard case .valid = tokens.verify(text, now: now) else { return #expect(Bool(false)) }
            #expect(tokens.verify(text, now: now + .seconds(900)) == .expired)
            #expect(tokens.verify(text + "x", now: now) == .invalid)
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

    private func decoded(_ part: String) throws -> String {
        String(decoding: try #require(Base64URL.decode(part)), as: UTF8.self)
    }

    /// A token with any header and claims, signed with the secret.
    private func signed(_ header: String, _ claims: String, secret: String) -> String {
        let text = "\(Base64URL.encode(header.utf8)).\(Base64URL.encode(claims.utf8))"
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(text.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return text + "." + Base64URL.encode(code)
    }
}
