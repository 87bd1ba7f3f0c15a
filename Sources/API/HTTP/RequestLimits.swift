/// Limits of one HTTP request.
///
/// ``ConnectionLimits`` limits the time of connections, ``SignInLimits`` sign-ups and sign-ins, ``LiveLimits`` event
/// streams, and `CredentialsInput` passwords. docs/SETTINGS.md has the limits that an operator sets.
enum RequestLimits {
    // MARK: Connection and headers

    static let headerFieldBytes = 8 * 1024
    static let headerListBytes = 16 * 1024
    static let headerFields = 64
    static let requestIDBytes = 1...64
    static let idempotencyKeyBytes = 1...255
    /// Access tokens of this API have about 400 bytes.
    static let accessTokenBytes = 2048
    /// Maximum wait for a reply. A longer `Prefer: wait=N` is shortened to it.
    static let replyWaitSeconds = 30

    // MARK: Body

    /// Maximum time for a body to arrive.
    static let bodyTimeout = Duration.seconds(10)
    static let jsonBodyBytes = 64 * 1024
    static let jsonMembers = 64
    /// Maximum nesting of arrays and objects, including the object of the body.
    static let jsonDepth = 33
    static let formBodyBytes = 64 * 1024
    static let formFields = 64
    /// Enough for a file of ``ListingBatch/limit`` listings in a field of a form.
    static let uploadBodyBytes = 512 * 1024
    /// Enough for the text of an import and the other fields of its form.
    static let importBodyBytes = 1 << 20
    /// Number of chunks or packets of a body after which they must have ``bodyPartBytes`` on average. Each costs much
    /// more than its bytes.
    static let smallBodyParts = 2048
    static let bodyPartBytes = 16
    static let webhookBodyBytes = 256 << 10

    // MARK: Lists

    static let pageSizes = 1...100
    static let defaultPageSize = 20
}
