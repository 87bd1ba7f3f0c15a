import Testing

@testable import API

struct KeptTests {
    @Test("what was made is given again until its source is another")
    func same() {
        let kept = Kept<String, [Int], Int>(limit: 8)
        var made = 0
        func product(_ source: [Int], _ key: String? = "a") -> Int {
            kept.product(key, of: source) {
                made += 1
                return made
            }
        }
        #expect(product([1]) == 1)
        #expect(product([1]) == 1)
        #expect(product([2]) == 2)
        #expect(product([1]) == 3)
        #expect(product([1], "b") == 4)
        #expect(product([1]) == 3)
        #expect(product([1], nil) == 5)
        #expect(product([1], nil) == 6)
    }

    @Test("no more is kept than the limit, and what is asked for stays")
    func bounded() {
        let kept = Kept<Int, Never?, Int>(limit: 10)
        var made: [Int] = []
        func ask(_ key: Int) {
            _ = kept.product(key) {
                made.append(key)
                return key
            }
        }
        for key in 0..<100 {
            ask(key)
            ask(0)
            #expect(kept.count <= 10)
        }
        #expect(made == Array(0..<100))
        ask(1)
        #expect(made.last == 1)
    }

    @Test("what fails is not kept")
    func failing() throws {
        struct Failure: Error {}
        let kept = Kept<Int, Never?, Int>(limit: 10)
        #expect(throws: Failure.self) { try kept.product(1) { throw Failure() } }
        #expect(kept.product(1) { 2 } == 2)
    }
}
