/// The version of this build.
public enum Version {
    /// `MAJOR.MINOR.PATCH`. `bin/release` sets it, and makes a tag for it.
    public static let current = "0.9.0"
}
