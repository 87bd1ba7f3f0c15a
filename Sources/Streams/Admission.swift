/// Whether a command may enter a service's inbox now.
public enum Admission: Sendable, Hashable {
    case admitted
    /// The service is behind: `503` with this `Retry-After`.
    case shed(retryAfter: Duration)
}
