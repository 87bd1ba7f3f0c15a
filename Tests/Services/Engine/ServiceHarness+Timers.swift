import Marketplace

@testable import Services
@testable import Streams

extension ServiceHarness {
    func timers(_ kind: TimerName.Kind) -> Timers { Timers(TimerName(service, kind), redis: redis, keys: keys) }

    /// Returns the sweep of one of the service's timers.
    func timerSweep(_ kind: TimerName.Kind, grace: Duration = .seconds(3), limit: Int = 100) -> TimerSweep<Handler> {
        guard let timer = ServiceRegistry.timers.first(where: { $0.name == TimerName(service, kind) }) else {
            preconditionFailure("\(service) has no timer \(kind.rawValue)")
        }
        return TimerSweep(
            ActiveTimer(timer, timers: timers(kind)), processor: processor, logger: Self.logger,
            settings: .init(grace: grace, limit: limit, pageSize: limit))
    }
}
