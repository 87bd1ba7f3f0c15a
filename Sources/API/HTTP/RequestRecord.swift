import Marketplace
import Synchronization

/// The facts about a request that become known while it is handled, for its line in the access log and the metrics.
/// ``RootResponder`` reads them at the end. Contexts are copied, so a value in the context would not reach
/// ``RootResponder``.
final class RequestRecord: Sendable {
    private struct State {
        var user: UserID?
        var problem: String?
    }

    private let state = Mutex(State())

    var user: UserID? {
        get { state.withLock(\.user) }
        set { state.withLock { $0.user = newValue } }
    }

    /// The code of the problem in the response, such as `sold-out`. The response is a problem document, or a page that
    /// shows the problem in a form.
    var problem: String? {
        get { state.withLock(\.problem) }
        set { state.withLock { $0.problem = newValue } }
    }
}
