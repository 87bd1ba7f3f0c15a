/// The pages' texts about a ban. They call a banned account "suspended". Programs receive ``Problem/banned``.
enum BanText {
    static let title = "Your account has been suspended"
    static let atSignIn = "This account has been suspended."
    static let ofCancelledOrder = "Your account was suspended before you paid."
}
