import JSONCoding
import Marketplace
import Testing

@testable import Services

/// The bodies that are written without `Codable` have the same JSON as the bodies that `Codable` writes.
@Suite struct OrderEncodingTests {
    /// A type that is not `DirectlyEncodable`, so that `Codable` encodes its member.
    private struct Wrapped<Value: Encodable>: Encodable { let value: Value }

    private func expectSame(_ value: some DirectlyEncodable) throws {
        let direct = String(decoding: try JSONBytes.encode(value), as: UTF8.self)
        let wrapped = String(decoding: try JSONBytes.encode(Wrapped(value: value)), as: UTF8.self)
        #expect(wrapped == "{\"value\":\(direct)}")
    }

    private func order(isFull: Bool) -> OrderState {
        let at = Timestamp(seconds: 1_790_000_000)
        return OrderState(
            id: .new(), userId: .new(), ticketId: .new(), ticketTitle: "A \"quoted\" title\n",
            details: isFull
                ? ShowDetails(
                    venue: "Tempodrom", city: "Berlin", startsAt: at, timeZone: "Europe/Berlin", section: "B",
                    row: "12", note: "a\nb") : ShowDetails(),
            quantity: 2, units: isFull ? [1, 2] : nil, seats: isFull ? ["11", "12"] : nil, price: 4500,
            pricing: isFull
                ? UnitPricing(
                    buyerFee: 450, sellerFee: 225, tax: 7, feeVersion: 3, policyVersion: 4, faceValue: 5000) : nil,
            total: 9914, currency: .usd, status: isFull ? .cancelled : .awaitingPayment,
            reason: isFull ? .expired : nil, attempt: isFull ? 1 : nil, frozenAt: isFull ? at : nil,
            expiresAt: at, createdAt: at, updatedAt: at, version: 7)
    }

    @Test(arguments: [false, true]) func anOrderHasTheSameJSON(isFull: Bool) throws {
        try expectSame(order(isFull: isFull))
    }

    @Test(arguments: [false, true]) func theReplyToABuyerHasTheSameJSON(isFull: Bool) throws {
        try expectSame(OrderRepresentation(order(isFull: isFull)))
    }

    /// If a new member were nil in the order above, both bodies would lack it, and the tests above would not compare
    /// it.
    @Test func everyMemberIsSet() {
        for child in Mirror(reflecting: order(isFull: true)).children {
            let value = Mirror(reflecting: child.value)
            #expect(value.displayStyle != .optional || !value.children.isEmpty, "\(child.label ?? "?") is nil")
        }
    }
}
