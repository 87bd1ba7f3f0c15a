import Marketplace
import Streams

extension Redelivery {
    /// Waits until the follower's workers have made room in its command stream. The operator may have to start them
    /// first.
    func waitForRoom(of follower: ServiceName, from service: ServiceName) async throws {
        var isReported = false
        while try await backlog(of: follower) >= Self.room {
            if !isReported { print("\(service): waiting for \(follower) to handle its command stream") }
            isReported = true
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
