/// The version of this build.
public enum Version {
    /// `MAJOR.MINOR.PATCH`. `bin/release` sets it and makes the tag of the same name.
    public static let current = "0.9.0"
}
