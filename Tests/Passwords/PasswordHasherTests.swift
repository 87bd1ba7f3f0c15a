import Testing

@testable import Passwords

/// A low cost for fast tests. ``usesTheRecommendedCost()`` checks the default cost.
private let cheap = PasswordCost(memoryKiB: 64, passes: 1)

@Suite struct PasswordHasherTests {
    @Test func verifiesOnlyTheHashedPassword() async throws {
        let hasher = PasswordHasher(cost: cheap)
        let hash = try await hasher.hash("correct horse")
        #expect(try await hasher.verify("correct horse", against: hash))
        #expect(try await !hasher.verify("correct horsf", against: hash))
        #expect(try await !hasher.verify("", against: hash))
    }

    @Test func usesTheRecommendedCost() async throws {
        let hash = try await PasswordHasher().hash("pässwörd")
        #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        // 22 and 43 characters of base64 are 16 bytes of salt and 32 bytes of hash.
        #expect(hash.split(separator: "$").suffix(2).map(\.count) == [22, 43])
        #expect(try await PasswordHasher(cost: cheap).verify("pässwörd", against: hash))
    }

    @Test func everyHashHasItsOwnSalt() async throws {
        let hasher = PasswordHasher(cost: cheap)
        #expect(try await hasher.hash("same") != hasher.hash("same"))
    }

    /// A sign-in with an unknown e-mail address verifies against a hash of the same cost, so it takes as long as with a
    /// known address.
    @Test func unknownUserNeverMatchesAtTheSameCost() async throws {
        let hasher = PasswordHasher(cost: cheap)
        #expect(try await !hasher.verify("another", against: nil))
        let cost = try await hasher.hash("a password").split(separator: "$").prefix(3)
        #expect(hasher.dummyHash.split(separator: "$").prefix(3) == cost)
    }

    @Test func malformedHashThrows() async throws {
        await #expect(throws: PasswordError.self) {
            _ = try await PasswordHasher(cost: cheap).verify("x", against: "not a hash")
        }
    }

    @Test func fullQueueThrowsBusy() async throws {
        let hasher = PasswordHasher(parallelism: 1, queueLimit: 2)
        let outcomes = await withTaskGroup(of: PasswordError?.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    do throws(PasswordError) {
                        _ = try await hasher.hash("a password")
                        return nil
                    } catch { return error }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.contains(.busy))
        #expect(outcomes.filter { $0 == nil }.count >= 3)
        // The queue is empty again and accepts the next call.
        _ = try await hasher.hash("a password")
    }
}
