import Marketplace

/// Who holds a stream open.
struct LiveViewer: Sendable {
    /// As attempts are counted by it.
    var address: String
    /// Nil when nobody is signed in.
    var requester: Requester?
    /// What a fragment depends on besides its state: watchers with equal ones share its bytes.
    var visitor: Visitor
}
