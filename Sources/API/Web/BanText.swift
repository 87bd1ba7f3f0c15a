/// The text of a ban on pages. Visitors read "suspended". Programs get ``Problem/banned``.
enum BanText {
    static let title = "Your account has been suspended"
    static let atSignIn = "This account has been suspended."
    static let ofCancelledOrder = "Your account was suspended before you paid."
}
