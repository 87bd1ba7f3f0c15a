import Testing

@testable import Streams

@Suite struct CommandSealTests {
    private let body = Array(#"{"email":"fa@example.com"}"#.utf8)

    @Test func aSealedBodyIsReadableWithTheSecretOnly() throws {
        let seal = CommandSeal(secrets: ["secret"])
        let sealed = try seal.seal(body, of: "SignUp")
        let text = String(decoding: sealed, as: UTF8.self)
        #expect(text.hasPrefix(#"{"sealed":""#) && text.hasSuffix(#""}"#) && !text.contains("example"))
        #expect(seal.open(sealed, of: "SignUp") == body)
        #expect(seal.open(sealed, of: "ChangeEmail") == nil)
        #expect(CommandSeal(secrets: ["other"]).open(sealed, of: "SignUp") == nil)
        #expect(try seal.seal(body, of: "SignUp") != sealed)
    }

    @Test func aSecretMayBeRotated() throws {
        let sealed = try CommandSeal(secrets: ["old"]).seal(body, of: "SignUp")
        #expect(CommandSeal(secrets: ["new", "old"]).open(sealed, of: "SignUp") == body)
    }

    @Test func aChangedBodyIsRefused() throws {
        let seal = CommandSeal(secrets: ["secret"])
        let sealed = try seal.seal(body, of: "SignUp")
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(seal.open(changed, of: "SignUp") == nil)
        }
        for bad in [
            [], Array(#"{"sealed":""}"#.utf8), Array(#"{"sealed":"AAAA"}"#.utf8), Array(sealed.dropLast()), body,
        ] {
            #expect(seal.open(bad, of: "SignUp") == nil)
        }
    }
}
