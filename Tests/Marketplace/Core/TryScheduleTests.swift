import Testing

@testable import Marketplace

@Suite struct TryScheduleTests {
    @Test func delaysGrowUntilTheLastTry() {
        let schedule = TrySchedule(limit: 4, firstDelay: .seconds(2), factor: 5)
        #expect((0..<5).map { schedule.delay(after: $0) } == [.seconds(2), .seconds(10), .seconds(50), nil, nil])
        #expect(TrySchedule(limit: 1, firstDelay: .seconds(2), factor: 5).delay(after: 0) == nil)
        // A row that was changed by hand.
        #expect(schedule.delay(after: -1) == .seconds(2))
        #expect(schedule.delay(after: .max - 1) == nil)
    }

    @Test func theLastTryOfADayIsMadeADayAfterTheFirst() {
        let delays = (0..<TrySchedule.day.limit).compactMap { TrySchedule.day.delay(after: $0) }
        #expect(delays.count == TrySchedule.day.limit - 1)
        let total = delays.reduce(.zero, +)
        #expect(total > .seconds(24 * 3600) && total < .seconds(25 * 3600))
    }
}
