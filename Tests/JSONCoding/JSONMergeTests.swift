import JSONCoding
import Testing

struct JSONMergeTests {
    private func merge(_ texts: String...) throws -> String {
        String(decoding: try JSONMerge.merge(texts.map { Array($0.utf8) }), as: UTF8.self)
    }

    @Test func membersKeepTheirOrder() throws {
        #expect(try merge(#"{"b": 1}"#, #"{"a": "x\"y"}"#) == "{\"b\": 1,\n\"a\": \"x\\\"y\"}")
    }

    @Test func objectsOfTheSameNameAreMerged() throws {
        #expect(
            try merge(#"{"paths": {"/a": {"get": 1}}}"#, #"{"paths": {"/a": {"put": 2}, "/b": {}}}"#)
                == "{\"paths\": {\"/a\": {\"get\": 1,\n\"put\": 2},\n\"/b\": {}}}")
    }

    @Test func arraysOfTheSameNameAreJoined() throws {
        #expect(try merge(#"{"tags": [1, [2]]}"#, #"{"tags": []}"#, #"{"tags": ["3"]}"#) == #"{"tags": [1, [2], "3"]}"#)
    }

    @Test func oneTextStaysAsItIs() throws {
        #expect(try merge(#"{ "a" : 1 }"#) == #"{ "a" : 1 }"#)
    }

    @Test(arguments: [#"{"a": 1}"#, #"{"a": {}}"#, #"{"a": [1]}"#, #"{"a": null}"#])
    func otherValuesOfTheSameNameAreRefused(text: String) throws {
        #expect(throws: JSONSyntaxError.self) { try merge(#"{"a": 1}"#, text) }
    }

    @Test(arguments: ["", "[]", "1", #"{"a"}"#])
    func aTextThatIsNoObjectIsRefused(text: String) throws {
        #expect(throws: JSONSyntaxError.self) { try merge(#"{"b": 1}"#, text) }
    }
}
