import Marketplace
import Stripe
import Testing

@Suite struct WebhookTests {
    static let body = Array(#"{"id":"evt_1","object":"event"}"#.utf8)
    /// The signatures of the body with two secrets, computed with Python's hmac module.
    static let first = "v1=4c75f133e6c1096a454af31cf9d0faec99b911c87da8709324278b7210a0fc1a"
    static let second = "v1=abcda790b9c53489c2c0007aba275b07db542f4522783bb5bc72095c6fc77c0c"
    static let signedAt: Int64 = 1_614_556_800

    private func check(
        _ header: String?, body: [UInt8] = Self.body, secrets: [String] = ["whsec_first"], after seconds: Int64 = 0
    ) -> WebhookSignatureError? {
        do throws(WebhookSignatureError) {
            try WebhookSignature(header: header).verify(
                body: body, secrets: secrets, now: Timestamp(seconds: Self.signedAt + seconds))
            return nil
        } catch {
            return error
        }
    }

    @Test func acceptsAValidSignature() {
        #expect(check("t=1614556800,\(Self.first)") == nil)
        #expect(check("t=1614556800, \(Self.first.uppercased().replacing("V1", with: "v1"))") == nil)
        #expect(check("t=1614556800,v0=00,\(Self.first)") == nil)
    }

    @Test func acceptsEitherSecretDuringRotation() {
        let second = Self.second
        #expect(check("t=1614556800,\(Self.first),\(second)", secrets: ["whsec_second"]) == nil)
        #expect(check("t=1614556800,\(Self.first)", secrets: ["whsec_second", "whsec_first"]) == nil)
        #expect(check("t=1614556800,\(second)", secrets: ["whsec_first"]) == .noMatch)
        #expect(check("t=1614556800,\(second)", secrets: []) == .noMatch)
    }

    @Test func rejectsAChangedBodyOrHeader() {
        #expect(check("t=1614556800,\(Self.first)", body: Self.body + [0x20]) == .noMatch)
        #expect(check("t=1614556801,\(Self.first)") == .noMatch)
        #expect(check("t=1614556800,\(Self.first.dropLast(2))00") == .noMatch)
        #expect(check("t=1614556800,\(Self.first.dropLast(2))") == .noMatch)
        #expect(check("t=1614556800,v0=\(Self.first.dropFirst(3))") == .missingSignature)
    }

    @Test func rejectsTimestampsOutsideTheTolerance() {
        let header = "t=1614556800,\(Self.first)"
        #expect(check(header, after: 300) == nil)
        #expect(check(header, after: 301) == .tooOld(seconds: 301))
        #expect(check(header, after: -300) == nil)
        #expect(check(header, after: -301) == .inFuture(seconds: 301))
    }

    @Test(arguments: [
        (nil, WebhookSignatureError.missingHeader), ("", .missingTimestamp), ("garbage", .malformedHeader),
        ("t=1614556800", .missingSignature), ("t=now,\(first)", .missingTimestamp), (first, .missingTimestamp),
        ("t=1614556800,t=1614556800,\(first)", .missingTimestamp), ("t=1614556800,v1=xyz", .malformedHeader),
        ("t=1614556800,v1=abc", .malformedHeader),
        ("t=1614556800," + Array(repeating: first, count: 17).joined(separator: ","), .malformedHeader),
        ("t=1614556800," + String(repeating: "v0=0,", count: 2_000) + first, .malformedHeader),
    ])
    func reportsTheDefectOfAHeader(_ header: String?, _ error: WebhookSignatureError) {
        #expect(check(header) == error)
    }

    @Test func extremeTimestampsDoNotOverflow() {
        // The signature is checked before the age, which could overflow, so both report `noMatch`.
        #expect(check("t=9223372036854775807,\(Self.first)") == .noMatch)
        #expect(check("t=-9223372036854775808,\(Self.first)") == .noMatch)
    }

    @Test func readsOrderAndAttemptOfAnEvent() throws {
        let event = try WebhookEvent(
            json: Array(
                #"""
                {"id": "evt_1", "object": "event", "type": "charge.captured", "created": 1800000000, "livemode": false,
                 "data": {"object": {"id": "ch_1", "object": "charge", "payment_intent": "pi_1",
                 "metadata": {"order_id": "0198a000-0000-7000-8000-000000000001", "attempt": "1"}}}}
                """#.utf8))
        #expect(event.id == "evt_1" && event.type == "charge.captured")
        #expect(event.objectID == "ch_1")
        #expect(event.orderID == RequestTests.order && event.attempt == 1)
    }

    @Test func readsAnEventOfAnotherSystem() throws {
        let event = try WebhookEvent(
            json: Array(
                #"""
                {"id": "evt_2", "type": "payment_intent.created", "created": 1, "livemode": true,
                 "data": {"object": {"id": "pi_9", "object": "payment_intent", "metadata": {"order_id": "x", "attempt": "-"}}}}
                """#.utf8))
        #expect(event.objectID == "pi_9" && event.orderID == nil && event.attempt == nil)
    }

    @Test(arguments: [
        #"{"id": "evt_3", "type": "balance.available", "created": 1, "data": {"object": {"object": "balance"}}}"#,
        #"{"id": "evt_3", "type": "balance.available", "data": {"object": {"metadata": {"order_id": 7}}}}"#,
        #"{"id": "evt_3", "type": "balance.available", "created": "2026-11-28T12:00:00.000Z", "data": {}}"#,
        #"{"id": "evt_3", "type": "balance.available", "data": null}"#,
    ])
    func readsAnEventWithoutTheIdOfAnObject(_ text: String) throws {
        let event = try WebhookEvent(json: Array(text.utf8))
        #expect(event.id == "evt_3" && event.type == "balance.available")
        #expect(event.objectID == nil && event.metadata == Metadata())
    }

    @Test(arguments: ["", "[]", "{}", #"{"id": "evt_1"}"#, #"{"id": 1, "type": "x", "data": {"object": {}}}"#])
    func rejectsABodyThatIsNotAnEvent(_ text: String) {
        #expect(throws: DecodingError.self) { try WebhookEvent(json: Array(text.utf8)) }
    }
}
