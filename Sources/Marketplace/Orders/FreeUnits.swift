/// Free units of a listing: a binary heap with the smallest unit on top. Adding a unit or taking the smallest one costs
/// O(log n).
struct FreeUnits: Sendable {
    private(set) var heap: [Int]

    init(_ units: [Int] = []) {
        // A sorted array is a heap.
        heap = units.sorted()
    }

    mutating func remove(_ units: Set<Int>) { self = FreeUnits(heap.filter { !units.contains($0) }) }

    mutating func insert(_ unit: Int) {
        heap.append(unit)
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the smallest unit.
    mutating func popSmallest() -> Int? {
        guard let smallest = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return smallest }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { return smallest }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
