import CLibPQ
import Logging

/// Takes the server's notices and warnings to the log, where libpq would write them to standard error.
final class NoticeSink: Sendable {
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// The sink must live as long as the connection.
    @unsafe
    func attach(to connection: OpaquePointer) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe PQsetNoticeProcessor(
            connection,
            { context, message in
                guard let context = unsafe context, let message = unsafe message else { return }
                let text = unsafe String(cString: message)
                unsafe Unmanaged<NoticeSink>.fromOpaque(context).takeUnretainedValue().take(text)
            }, context)
    }

    private func take(_ text: String) {
        logger.debug("notice of PostgreSQL", metadata: ["notice": "\(text.split(separator: "\n").first ?? "")"])
    }
}
