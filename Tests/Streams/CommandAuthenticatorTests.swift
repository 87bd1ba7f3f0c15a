import Marketplace
import Support
import Testing

@testable import Streams

@Suite struct CommandAuthenticatorTests {
    private let authenticator = CommandAuthenticator(secrets: ["secret"])

    private func signed(_ change: (inout CommandEnvelope) -> Void = { _ in }) -> CommandEnvelope {
        var command = CommandEnvelope(
            id: CommandID("0190f3c0-0000-7000-8000-000000000001")!, type: "CreateOrder",
            at: Timestamp(milliseconds: 1_790_000_000_123),
            actor: .user(UserID("0190f3c0-0000-7000-8000-000000000002")!), reply: "web-1a/2", trace: "00-1-2-01",
            fingerprint: "abc", body: Array(#"{"quantity":1}"#.utf8))
        command.mac = authenticator.code(of: command, to: .orders)
        change(&command)
        return command
    }

    @Test func aSignedCommandIsAuthentic() throws {
        #expect(authenticator.verify(signed(), to: .orders) == .authentic)
        // The code must not change between builds, because commands wait in Redis during a deploy.
        #expect(signed().mac == "o55Pekgvo6Hm8osaSu8OQ/P3AjyucIHX0nqEnwbTqa8=")
    }

    /// Someone without the secret changes each of the fields that affect a decision.
    @Test(
        arguments: [
            { $0.id = .new() }, { $0.type = "CancelOrder" }, { $0.payloadVersion = 2 },
            { $0.at = Timestamp(milliseconds: 1_790_000_000_124) }, { $0.actor = .operator }, { $0.fingerprint = nil },
            { $0.fingerprint = "abcd" }, { $0.body.append(0x20) }, { $0.mac = "" }, { $0.mac = "bm9uc2Vuc2U=" },
            {
                $0.type = "CreateOrder1"; $0.payloadVersion = 0
            },
        ] as [@Sendable (inout CommandEnvelope) -> Void])
    func aChangedCommandIsForged(change: @Sendable (inout CommandEnvelope) -> Void) {
        #expect(authenticator.verify(signed(change), to: .orders) == .forged)
    }

    @Test func aCommandToAnotherServiceIsForged() {
        #expect(authenticator.verify(signed(), to: .payments) == .forged)
    }

    @Test func aCommandWithoutACodeIsUnsigned() {
        #expect(authenticator.verify(signed { $0.mac = nil }, to: .orders) == .unsigned)
    }

    /// The reply's address and the trace affect no decision.
    @Test func theReplyAddressAndTheTraceAreNotCovered() {
        let command = signed {
            $0.reply = ""
            $0.trace = ""
        }
        #expect(authenticator.verify(command, to: .orders) == .authentic)
    }

    @Test func anEmptyFingerprintIsNotAMissingOne() {
        var command = signed { $0.fingerprint = "" }
        command.mac = authenticator.code(of: command, to: .orders)
        command.fingerprint = nil
        #expect(authenticator.verify(command, to: .orders) == .forged)
    }

    @Test func anOlderSecretVerifiesAndDoesNotSign() {
        let rotated = CommandAuthenticator(secrets: ["new", "secret"])
        #expect(rotated.verify(signed(), to: .orders) == .authentic)
        let new = signed { $0.mac = rotated.code(of: $0, to: .orders) }
        #expect(authenticator.verify(new, to: .orders) == .forged)
        #expect(rotated.verify(new, to: .orders) == .authentic)
    }
}
