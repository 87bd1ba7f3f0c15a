import FoundationEssentials
import Testing

@testable import Marketplace

@Suite struct IdentifierTests {
    @Test func idsAreReadInAnyCaseAndWrittenInLowerCase() throws {
        let id = try #require(OrderID("017F22E2-79b0-7CC3-98C4-DC0C0C07398F"))
        #expect(id.description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        #expect(OrderID(id.description) == id)
        #expect(OrderID("<\(id)>".dropFirst().dropLast()) == id)
    }

    @Test(arguments: [
        "", "1", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
        "017f22e279b07cc398c4dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e27-9b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2_79b0_7cc3_98c4_dc0c0c07398f",
        "+17f22e2-79b0-7cc3-98c4-dc0c0c07398f", "-17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f", "0 7f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "0x7f22e2-79b0-7cc3-98c4-dc0c0c07398f", "\n17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398\u{0}", "0١7f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c0739é", "017f22e2‐79b0-7cc3-98c4-dc0c0c073",
        "------------------------------------",
    ])
    func otherFormsAreRejected(text: String) {
        #expect(OrderID(text) == nil)
        #expect(throws: DecodingError.self) { try Wire.value(try Wire.text(text), as: OrderID.self) }
    }

    @Test(arguments: Seeds.all)
    func textMatchesFoundation(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let uuid = UUID(high: random.next(), low: random.next())
            #expect(UserID(uuid).description == uuid.uuidString.lowercased())
            #expect(UserID(uuid.uuidString)?.uuid == uuid)
        }
    }

    /// PostgreSQL compares UUIDs with memcmp (src/backend/utils/adt/uuid.c), so `ORDER BY id` locks rows in this order.
    @Test(arguments: Seeds.all)
    func idsSortByTheirBytes(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
            let one = ListingID(uuid(bytes))
            bytes[Int.random(in: 0..<16, using: &random)] = UInt8.random(in: 0...255, using: &random)
            let other = ListingID(uuid(bytes))
            // Hexadecimal digits sort like their values, and the hyphens are in the same places.
            #expect((one < other) == (one.description < other.description))
            #expect(!(one < one))
        }
    }

    @Test func bytesCompareUnsigned() {
        var low = [UInt8](repeating: 0, count: 16)
        for index in 0..<16 {
            low[index] = 0x7f
            var high = low
            high[index] = 0x80
            #expect(ListingID(uuid(low)) < ListingID(uuid(high)))
            low[index] = 0
        }
    }

    @Test func idsAreJSONStrings() throws {
        try expectGolden(UserID.n(1), #""01980000-0000-7000-8000-000000000001""#)
    }

    private func uuid(_ b: [UInt8]) -> UUID {
        UUID(
            uuid: (
                b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]
            ))
    }
}
