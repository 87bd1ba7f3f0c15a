/// A search was given up: too much is like what was looked for.
public struct SearchTookTooLong: Error {}
