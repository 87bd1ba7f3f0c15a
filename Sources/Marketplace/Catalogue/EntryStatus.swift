/// The state of a show, a venue or a performer in the catalogue.
///
/// ```
/// proposed ──approve──▶ published ──merge──▶ merged
///     │ reject              ▲                   ▲
///     ▼                     │ approve           │
/// rejected ─────────────────┴───────────────────┘
/// ```
///
/// A proposed entry can be merged, too.
public enum EntryStatus: String, NamedValue, Sendable {
    /// A seller has proposed the entry. Only that seller and admins see it.
    case proposed
    case published
    case rejected
    /// The entry was a duplicate of another entry, which replaces it.
    case merged
}
