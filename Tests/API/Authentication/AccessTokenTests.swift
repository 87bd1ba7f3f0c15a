import Crypto
import Foundation
import Marketplace
import Testing

@testable import API

@Suite struct AccessTokenTests {
    let old = String(repeating: "o", count: 32)
    let new = String(repeating: "n", count: 32)
    let user = UserRepresentation(
        id: .new(), email: "a@example.com", role: .member, version: 3, createdAt: Timestamp(seconds: 1))
    let now = Timestamp(seconds: 1_790_000_000)

    @Test func comesBackUntilItsTimeIsOver() async throws {
        let tokens = await AccessTokens(secrets: [old], life: .seconds(900))
        let session = SessionID.new()
        let text = try await tokens.sign(user: user, session: session, now: now)
        let expected = Requester(
            id: user.id, session: session, version: 3, role: .member, expiresAt: now + .seconds(900))
        #expect(await tokens.read(text, now: now) == .valid(expected))
        #expect(await tokens.read(text, now: now + .seconds(899)) == .valid(expected))
        #expect(await tokens.read(text, now: now + .seconds(900)) == .expired)
        // Of a time to come: nobody has signed it yet.
        #expect(await tokens.read(text, now: now - .seconds(3600)) == .invalid)
    }

    @Test func aSecretIsRotated() async throws {
        let text = try await AccessTokens(secrets: [old], life: .seconds(900)).sign(
            user: user, session: .new(), now: now)
        let during = await AccessTokens(secrets: [new, old], life: .seconds(900))
        guard case .valid = await during.read(text, now: now) else { return #expect(Bool(false)) }
        let after = await AccessTokens(secrets: [new], life: .seconds(900))
        #expect(await after.read(text, now: now) == .invalid)
        let next = try await during.sign(user: user, session: .new(), now: now)
        guard case .valid = await after.read(next, now: now) else { return #expect(Bool(false)) }
    }

    @Test func aForgedOneIsNone() async throws {
        let tokens = await AccessTokens(secrets: [old], life: .seconds(900))
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
            #expect(await tokens.read(forged, now: now) == .invalid, "\(forged.prefix(80))")
        }
    }

    /// What was signed once is known by its digest, and its times count all the same.
    @Test func aKnownOneRunsOut() async throws {
        let tokens = await AccessTokens(secrets: [old], life: .seconds(900))
        let text = try await tokens.sign(user: user, session: .new(), now: now)
        for _ in 0..<2 {
            guard case .valid = await tokens.read(text, now: now) else { return #expect(Bool(false)) }
            #expect(await tokens.read(text, now: now + .seconds(900)) == .expired)
            #expect(await tokens.read(text + "x", now: now) == .invalid)
        }
    }

    @Test func knownTokensAreBoundedAndThoseInUseStay() {
        let known = KnownTokens(size: 2)
        let digests = (0..<6).map { KnownTokens.digest(of: "token \($0)") }
        let claims = KnownTokens.Claims(
            requester: Requester(id: user.id, session: .new(), version: 3, role: .member, expiresAt: now), issuedAt: now
        )
        for digest in digests {
            known[digest] = claims
            #expect(known[digests[0]] != nil)
            #expect(known.count <= 4)
        }
        #expect(known[digests[1]] == nil)
        #expect(known[digests[5]] != nil)
    }

    /// A token with whatever claims, signed with the real secret.
    private static func signed(claims: String, secret: String) -> String {
        let head = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
        let text = head + "." + Base64URL.encode(Array(claims.utf8))
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(text.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return text + "." + Base64URL.encode(code)
    }
}

@Suite struct BanListTests {
    let user = UserID.new()
    let at = Timestamp(seconds: 1_790_000_000)

    @Test func isNotBelievedBeforeItIsBuilt() {
        #expect(BanList(heardAt: { .now }).standing(of: user) == .unknown)
    }

    @Test func isBelievedForTwoSeconds() {
        let start = ContinuousClock.now
        let bans = BanList(heardAt: { nil })
        bans.confirm(at: start)
        #expect(bans.standing(of: user, now: start + .seconds(2)) == .good)
        #expect(bans.standing(of: user, now: start + .milliseconds(2001)) == .unknown)
        bans.confirm(at: start + .seconds(2))
        #expect(bans.standing(of: user, now: start + .seconds(4)) == .good)
    }

    @Test func theEventStreamConfirmsItToo() {
        let start = ContinuousClock.now
        let bans = BanList(heardAt: { start + .seconds(10) })
        bans.confirm(at: start)
        #expect(bans.standing(of: user, now: start + .seconds(12)) == .good)
        #expect(bans.standing(of: user, now: start + .seconds(13)) == .unknown)
    }

    @Test func onlyALargerVersionChangesIt() {
        let start = ContinuousClock.now
        let bans = BanList(heardAt: { nil })
        bans.confirm(at: start)
        bans.apply(user, status: .banned, version: 2, at: at)
        #expect(bans.standing(of: user, now: start) == .banned)
        bans.apply(user, status: .active, version: 1, at: at)
        #expect(bans.standing(of: user, now: start) == .banned)
        bans.apply(user, status: .active, version: 3, at: at)
        #expect(bans.standing(of: user, now: start) == .good)
        bans.apply(user, status: .banned, version: 2, at: at)
        #expect(bans.standing(of: user, now: start) == .good)
        #expect(bans.standing(of: .new(), now: start) == .good)
    }

    /// Who is known to be banned stays so, however old the list is.
    @Test func aBanOutlivesTheFreshness() {
        let start = ContinuousClock.now
        let bans = BanList(heardAt: { nil })
        bans.confirm(at: start)
        bans.apply(user, status: .banned, version: 2, at: at)
        #expect(bans.standing(of: user, now: start + .seconds(60)) == .banned)
    }

    @Test func oldBansAreForgotten() {
        let start = ContinuousClock.now
        let bans = BanList(heardAt: { nil })
        bans.confirm(at: start)
        bans.apply(user, status: .banned, version: 2, at: at)
        bans.forget(before: at + .seconds(1))
        #expect(bans.standing(of: user, now: start) == .good)
        #expect(bans.listed.isEmpty)
    }
}
