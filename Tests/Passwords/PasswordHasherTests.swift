import Testing

@testable import Passwords

/// Cheap enough for a test; the cost itself is held by ``recommended()``.
private let cheap = PasswordCost(memoryKiB: 64, passes: 1)

@Suite struct PasswordHasherTests {
    @Test func hashesAndChecks() async throws {
        let hasher = PasswordHasher(cost: cheap)
        let hash = try await hasher.hash("correct horse")
        #expect(try await hasher.verify("correct horse", against: hash))
        #expect(try await !hasher.verify("correct horsf", against: hash))
        #expect(try await !hasher.verify("", against: hash))
    }

    @Test func recommended() async throws {
        let hash = try await PasswordHasher().hash("pässwörd")
        #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        // 22 and 43 characters of base64: 16 bytes of salt, 32 of hash.
        #expect(hash.split(separator: "$").suffix(2).map(\.count) == [22, 43])
        #expect(try await PasswordHasher(cost: cheap).verify("pässwörd", against: hash))
    }

    @Test func saltsDiffer() async throws {
        let hasher = PasswordHasher(cost: cheap)
        #expect(try await hasher.hash("same") != hasher.hash("same"))
    }

    /// What a sign-in with an unknown e-mail comes to: never a match, and the same work, by a hash of the same cost.
    @Test func unknownUserIsNoMatchAndTheSameWork() async throws {
        let hasher = PasswordHasher(cost: cheap)
        #expect(try await !hasher.verify("another", against: nil))
        let cost = try await hasher.hash("a password").split(separator: "$").prefix(3)
        #expect(hasher.nobody.split(separator: "$").prefix(3) == cost)
    }

    @Test func aHashThatIsNoneIsAnError() async throws {
        await #expect(throws: PasswordError.self) {
            _ = try await PasswordHasher(cost: cheap).verify("x", against: "not a hash")
        }
    }

    @Test func refusesWhenFull() async throws {
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
        // The queue is empty again: the next is taken in.
        _ = try await hasher.hash("a password")
    }
}
