extension [String: String] {
    /// True if these cookies have a session. The cookie of the device stays after signing out.
    var hasSession: Bool { keys.contains { $0.hasSuffix("gittix_access") || $0.hasSuffix("gittix_refresh") } }
}
