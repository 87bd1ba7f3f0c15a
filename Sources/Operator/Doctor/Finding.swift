import Marketplace

/// Damage that a check has found, or a note. A finding is confirmed if two scans find it with the same ``identity``.
struct Finding: Sendable, Hashable {
    enum Weight: String, Sendable, Codable {
        case damage
        /// Useful to know, but not damage: for example, entries wait for a service that does not run, or Stripe does
        /// not answer.
        case note
    }

    var kind: FindingKind
    var weight = Weight.damage
    /// The service with the damage.
    var service: ServiceName?
    /// The damaged object: an id, or the name of a group or setting.
    var subject: String
    /// The end of a sentence that begins with the subject.
    var problem: String

    /// The part that must be equal in both scans.
    var identity: Finding {
        guard kind.isSnapshotConsistent else { return self }
        var identity = self
        identity.problem = ""
        return identity
    }

    /// The finding as one line.
    var text: String {
        Readable.line([kind.rawValue, service?.rawValue, subject, problem].compactMap(\.self).joined(separator: " · "))
    }
}
