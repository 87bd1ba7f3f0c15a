import HTTPTypes
import Hummingbird
import Logging
import Marketplace
import NIOHTTP1
import Passwords
import Storage

extension Problem {
    /// What a client is told of an error. What only we should know of it goes to the log.
    static func telling(_ error: any Error, _ context: APIContext) -> Problem {
        switch error {
        case let problem as Problem:
            return problem
        case let refusal as Refusal:
            return Problem(refusal)
        case PasswordError.busy:
            return .unavailable("too many are signing in just now: try again in some seconds")
        case is SearchTookTooLong:
            return .unavailable("this search takes too long: look for whole words, or narrow it down")
        case let error as any HTTPResponseError:
            return Problem(error.status, "http", "The request failed", error.status.reasonPhrase)
        case is HTTPParserError:
            // In the midst of a body.
            return .notHTTP
        case is CancellationError:
            return .unavailable("the server is stopping: try again")
        default:
            context.logger.error("a request failed", metadata: ["error": "\(error)"])
            return Unavailability.isCause(error)
                ? .unavailable("a part of the system can't be reached: try again in some seconds") : .internal
        }
    }
}
