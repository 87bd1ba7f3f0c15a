import FoundationEssentials
import Marketplace
import Storage
import Testing

@testable import API

@Suite struct CursorTests {
    let cursors = Cursor(keys: DerivedKeys(secrets: [String(repeating: "s", count: 32)]))
    let place = ListPlace(createdAt: Timestamp(microseconds: 1_790_000_000_123_456), id: UUID())

    @Test func comesBack() {
        #expect(cursors.place(cursors.text(place, list: "tickets"), list: "tickets") == place)
    }

    @Test(arguments: [true, false]) func aPlaceOfASearchComesBack(isSimilar: Bool) {
        for number in [Int64.min, -1, 0, 1_790_000_000_123_456, .max] {
            let place = SearchPlace(number: number, id: UUID(), isSimilar: isSimilar)
            let text = cursors.text(place, list: "search")
            #expect(cursors.place(text, list: "search", as: SearchPlace.self) == place)
            #expect(cursors.place(text, list: "search q", as: SearchPlace.self) == nil)
            #expect(cursors.place(text, list: "search") == nil)
        }
    }

    @Test func anotherListsIsNone() {
        #expect(cursors.place(cursors.text(place, list: "tickets"), list: "orders of me") == nil)
    }

    @Test func everyChangedCharacterIsSeen() {
        let text = cursors.text(place, list: "tickets")
        for index in text.indices {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(cursors.place(changed, list: "tickets") == nil)
        }
    }

    @Test(arguments: ["", "AAAA", "not base64!", String(repeating: "A", count: 5000)])
    func whatIsNoneIsNil(text: String) {
        #expect(cursors.place(text, list: "tickets") == nil)
    }

    @Test func aSecretBeingTakenOutOfUseIsStillGood() {
        let text = cursors.text(place, list: "tickets")
        let rotated = Cursor(
            keys: DerivedKeys(secrets: [String(repeating: "n", count: 32), String(repeating: "s", count: 32)]))
        #expect(rotated.place(text, list: "tickets") == place)
        let later = Cursor(keys: DerivedKeys(secrets: [String(repeating: "n", count: 32)]))
        #expect(later.place(text, list: "tickets") == nil)
    }
}
