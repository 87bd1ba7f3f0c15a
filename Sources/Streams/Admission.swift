/// The decision whether a service accepts another command now.
public enum Admission: Sendable, Hashable {
    case admitted
    /// The service is behind, or its events are not published. The API answers `503` with this `Retry-After`.
    case shed(retryAfter: Duration)
}
