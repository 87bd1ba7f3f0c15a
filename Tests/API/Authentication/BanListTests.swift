import Marketplace
import Synchronization
import Testing

@testable import API

@Suite struct BanListTests {
    let user = UserID.new()
    let at = Timestamp(seconds: 1_790_000_000)

    @Test func theStatusIsUnknownBeforeTheListIsBuilt() {
        #expect(BanList(lastEventRead: { .now }).status(of: user) == .unknown)
    }

    @Test func theStatusIsUnknownTwoSecondsAfterTheLastRead() {
        let start = ContinuousClock.now
        let bans = BanList(lastEventRead: { nil })
        bans.confirm(at: start)
        #expect(bans.status(of: user, now: start + .seconds(2)) == .notBanned)
        #expect(bans.status(of: user, now: start + .milliseconds(2001)) == .unknown)
        bans.confirm(at: start + .seconds(2))
        #expect(bans.status(of: user, now: start + .seconds(4)) == .notBanned)
    }

    @Test func readingTheEventStreamConfirmsTheListToo() {
        let start = ContinuousClock.now
        let bans = BanList(lastEventRead: { start + .seconds(10) })
        bans.confirm(at: start)
        #expect(bans.status(of: user, now: start + .seconds(12)) == .notBanned)
        #expect(bans.status(of: user, now: start + .seconds(13)) == .unknown)
    }

    /// A request that arrives right after a suspended process has resumed finds an outdated list.
    @Test func aRequestWaitsUntilAnOutdatedListIsReadAgain() async throws {
        let looks = Mutex(0)
        let bans = BanList(
            maxWait: .seconds(60),
            lastEventRead: {
                looks.withLock { looks in
                    looks += 1
                    return looks < 3 ? nil : .now
                }
            })
        bans.confirm(at: .now - .seconds(60))
        #expect(try await bans.currentStatus(of: user) == .notBanned)
        #expect(looks.withLock { $0 } == 3)
    }

    @Test func aRequestWaitsForAnOutdatedListOnlyForATime() async throws {
        let bans = BanList(maxWait: .milliseconds(50), lastEventRead: { nil })
        bans.confirm(at: .now - .seconds(60))
        #expect(try await bans.currentStatus(of: user) == .unknown)
    }

    @Test func onlyAHigherVersionHasAnEffect() {
        let start = ContinuousClock.now
        let bans = BanList(lastEventRead: { nil })
        bans.confirm(at: start)
        bans.apply(user, status: .banned, version: 2, at: at)
        #expect(bans.status(of: user, now: start) == .banned)
        bans.apply(user, status: .active, version: 1, at: at)
        #expect(bans.status(of: user, now: start) == .banned)
        bans.apply(user, status: .active, version: 3, at: at)
        #expect(bans.status(of: user, now: start) == .notBanned)
        bans.apply(user, status: .banned, version: 2, at: at)
        #expect(bans.status(of: user, now: start) == .notBanned)
        #expect(bans.status(of: .new(), now: start) == .notBanned)
    }

    /// A listed ban counts even if the list is old.
    @Test func aListedBanCountsAfterTheMaximumAge() {
        let start = ContinuousClock.now
        let bans = BanList(lastEventRead: { nil })
        bans.confirm(at: start)
        bans.apply(user, status: .banned, version: 2, at: at)
        #expect(bans.status(of: user, now: start + .seconds(60)) == .banned)
    }

    @Test func oldEntriesAreRemoved() {
        let start = ContinuousClock.now
        let bans = BanList(lastEventRead: { nil })
        bans.confirm(at: start)
        bans.apply(user, status: .banned, version: 2, at: at)
        bans.removeEntries(before: at + .seconds(1))
        #expect(bans.status(of: user, now: start) == .notBanned)
        #expect(bans.listedUsers.isEmpty)
    }
}
