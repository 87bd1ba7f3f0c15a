/// A search timed out, or too many searches are waiting.
public struct SearchTookTooLong: Error {}
