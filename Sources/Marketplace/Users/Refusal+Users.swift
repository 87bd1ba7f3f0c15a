extension Refusal {
    /// The acting account is banned. Every service refuses its commands with this refusal.
    public static let banned = Refusal(.banned, "This account is banned.")

    static let userNotFound = Refusal(.notFound, "There is no user with this id.")

    static let sessionEnded = Refusal(.signedOut, "This session has ended. Sign in again.")

    static let sessionExists = Refusal(.conflict, "This session or token already exists. Create a new one.")

    static let accountChanged = Refusal(
        .conflict, "Your account has changed. Reload it and try again.")
}
