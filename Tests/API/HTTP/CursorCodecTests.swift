import FoundationEssentials
import Marketplace
import Services
import Storage
import Testing

@testable import API

@Suite struct CursorCodecTests {
    let codec = CursorCodec(keys: DerivedKeys(secrets: [String(repeating: "s", count: 32)]))
    let cursor = ListCursor(createdAt: Timestamp(microseconds: 1_790_000_000_123_456), id: UUID())

    @Test func anEncodedCursorIsDecoded() {
        #expect(codec.decode(codec.encode(cursor, list: "tickets"), list: "tickets") == cursor)
    }

    @Test(arguments: [true, false]) func anEncodedSearchCursorIsDecoded(isSimilar: Bool) {
        for number in [Int64.min, -1, 0, 1_790_000_000_123_456, .max] {
            let cursor = SearchCursor(number: number, id: UUID(), isSimilar: isSimilar)
            let text = codec.encode(cursor, list: "search")
            #expect(codec.decode(text, list: "search", as: SearchCursor.self) == cursor)
            #expect(codec.decode(text, list: "search q", as: SearchCursor.self) == nil)
            #expect(codec.decode(text, list: "search") == nil)
        }
    }

    @Test func aCursorOfAnotherListIsInvalid() {
        #expect(codec.decode(codec.encode(cursor, list: "tickets"), list: "orders of me") == nil)
    }

    @Test func aChangedCursorIsInvalid() {
        let text = codec.encode(cursor, list: "tickets")
        for index in text.indices {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(codec.decode(changed, list: "tickets") == nil)
        }
    }

    @Test(arguments: ["", "AAAA", "not base64!", String(repeating: "A", count: 5000)])
    func otherTextIsInvalid(text: String) {
        #expect(codec.decode(text, list: "tickets") == nil)
    }

    @Test func cursorsStayValidDuringTheRotationOfASecret() {
        let text = codec.encode(cursor, list: "tickets")
        let during = CursorCodec(
            keys: DerivedKeys(secrets: [String(repeating: "n", count: 32), String(repeating: "s", count: 32)]))
        #expect(during.decode(text, list: "tickets") == cursor)
        let after = CursorCodec(keys: DerivedKeys(secrets: [String(repeating: "n", count: 32)]))
        #expect(after.decode(text, list: "tickets") == nil)
    }
}
