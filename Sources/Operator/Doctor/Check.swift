/// A check for some kinds of damage, and their repair.
protocol Check: Sendable {
    /// Returns current damage, at most ``limit`` findings of a kind.
    ///
    /// Work in progress must not be reported. If one scan cannot distinguish such work from damage, the finding's text
    /// includes versions or positions that work in progress would change before the second scan.
    func scan() async throws -> [Finding]

    /// Checks a finding again, under the service's locks if the check needs them, and repairs it. A second call does
    /// nothing.
    func repair(_ finding: Finding) async throws -> RepairResult
}

extension Check {
    /// Maximum number of findings of a kind. If a scan finds this many, there may be more.
    static var limit: Int { 1000 }
}

/// The result of a repair.
enum RepairResult: Sendable, Hashable {
    /// The damage is repaired, as the text describes.
    case repaired(String)
    /// The damage no longer exists.
    case resolved
    /// The operator must act, as the text describes.
    case manual(String)
}
