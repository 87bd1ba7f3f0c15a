import JSONCoding
import Testing

@Suite struct JSONTreeTests {
    @Test func `values are reached by name and position`() throws {
        let text = #"{"a": [1, "x\u0079", {"b": null}], "a": 2, "c": {"d": "é"}}"#
        let tree = try JSONTree(Array(text.utf8))
        #expect(tree.isObject && tree.elements == nil && tree.string == nil && tree.offset == 0)
        let list = try #require(tree["a"]?.elements)
        #expect(list.map(\.string) == [nil, "xy", nil])
        #expect(list.map(\.offset) == [7, 11, 21])
        #expect(list[2].isObject && list[2]["b"] != nil && list[2]["c"] == nil && list[0]["b"] == nil)
        #expect(tree["c"]?["d"]?.string == "é")
        #expect(try JSONTree(Array("[]".utf8)).elements?.isEmpty == true)
    }

    @Test(arguments: ["", "[1,", "[[[[1]]]]", "{\"a\":01}", "[1] 2"])
    func `a text that is not JSON or is nested too deeply is refused`(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONTree(Array(text.utf8), maximumDepth: 3) }
    }
}
