import Logging
import ServiceLifecycle

/// A service that runs as in a worker process, until a test stops it.
struct RunningService: Sendable {
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(_ service: any Service) {
        let group = ServiceGroup(configuration: .init(services: [service], logger: Logger(label: "test")))
        self.group = group
        task = Task { try await group.run() }
    }

    func stop() { Task { [group] in await group.triggerGracefulShutdown() } }

    func wait() async throws { try await task.value }
}
