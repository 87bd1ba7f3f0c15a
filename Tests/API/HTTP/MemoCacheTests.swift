import Testing

@testable import API

struct MemoCacheTests {
    @Test func `a product is reused while its source is equal`() {
        let cache = MemoCache<String, [Int], Int>(limit: 8)
        var made = 0
        func product(_ source: [Int], _ key: String? = "a") -> Int {
            cache.product(key, of: source) {
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

    @Test func `products are limited, and used ones stay`() {
        let cache = MemoCache<Int, Never?, Int>(limit: 10)
        var made: [Int] = []
        func use(_ key: Int) {
            _ = cache.product(key) {
                made.append(key)
                return key
            }
        }
        for key in 0..<100 {
            use(key)
            use(0)
            #expect(cache.count <= 10)
        }
        #expect(made == Array(0..<100))
        use(1)
        #expect(made.last == 1)
    }

    @Test func `a failure is not cached`() throws {
        struct Failure: Error {}
        let cache = MemoCache<Int, Never?, Int>(limit: 10)
        #expect(throws: Failure.self) { try cache.product(1) { throw Failure() } }
        #expect(cache.product(1) { 2 } == 2)
    }
}
