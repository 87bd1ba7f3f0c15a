import FoundationEssentials
import Testing

@testable import Marketplace

@Suite struct UUIDVersionTests {
    /// Returns the given numbers.
    private struct FixedNumbers: RandomNumberGenerator {
        var numbers: [UInt64]
        mutating func next() -> UInt64 { numbers.removeFirst() }
    }

    /// RFC 9562, appendix A.6.
    @Test func version7MatchesTheRFCsExample() {
        var random = FixedNumbers(numbers: [0xffff_ffff_ffff_fcc3, 0xd8c4_dc0c_0c07_398f])
        let uuid = UUID.v7(at: Timestamp(milliseconds: 0x017f_22e2_79b0), using: &random)
        #expect(uuid.canonical == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    }

    @Test(
        arguments: [
            (0, "00000000-0000-7fff-bfff-ffffffffffff"), (-5, "00000000-0000-7fff-bfff-ffffffffffff"),
            (0xffff_ffff_ffff, "ffffffff-ffff-7fff-bfff-ffffffffffff"),
        ] as [(Int64, String)])
    func randomBitsLeaveVersionVariantAndTimeUnchanged(milliseconds: Int64, text: String) {
        var random = FixedNumbers(numbers: [.max, .max])
        #expect(UUID.v7(at: Timestamp(milliseconds: milliseconds), using: &random).canonical == text)
    }

    @Test(arguments: Seeds.all)
    func laterVersion7IdsSortLater(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var milliseconds: Int64 = 1_785_585_600_000
        var last = UUID.v7(at: Timestamp(milliseconds: milliseconds), using: &random)
        for _ in 0..<2000 {
            milliseconds += Int64.random(in: 1...100_000, using: &random)
            let next = UUID.v7(at: Timestamp(milliseconds: milliseconds), using: &random)
            #expect(last.precedes(next) && !next.precedes(last))
            last = next
        }
    }

    @Test func newIdsDiffer() {
        #expect(Set((0..<1000).map { _ in CommandID.new(at: Fixture.now) }).count == 1000)
    }

    /// RFC 9562, appendix B.2: SHA-256 of a name.
    @Test func version8MatchesTheRFCsExample() {
        let digest: [UInt8] = [
            0x5c, 0x14, 0x6b, 0x14, 0x3c, 0x52, 0x4a, 0xfd, 0x93, 0x8a, 0x37, 0x5d, 0x0d, 0xf1, 0xfb, 0xf6, 0xfe, 0x12,
            0xa6, 0x6b, 0x64, 0x5f, 0x72, 0xf6, 0x15, 0x87, 0x59, 0x38, 0x7e, 0x51, 0xf3, 0xc8,
        ]
        #expect(UUID.v8(digest: digest).canonical == "5c146b14-3c52-8afd-938a-375d0df1fbf6")
        #expect(UUID.v8(digest: digest.prefix(16)) == UUID.v8(digest: digest))
        #expect(
            UUID.v8(digest: [UInt8](repeating: 0xff, count: 16)).canonical == "ffffffff-ffff-8fff-bfff-ffffffffffff")
        #expect(UUID.v8(digest: [UInt8](repeating: 0, count: 16)).canonical == "00000000-0000-8000-8000-000000000000")
    }

    @Test func shortDigestsTrap() async {
        await #expect(processExitsWith: .failure) { _ = UUID.v8(digest: [UInt8](repeating: 0, count: 15)) }
    }
}
