import HTTPTypes
import Hummingbird
import Logging
import Marketplace
import NIOCore
import NIOHTTP1
import Passwords
import Services
import Storage

extension Problem {
    /// Converts an error to the problem that the client receives, and records its code for the access log. The details
    /// of an unexpected error go only to the log.
    static func report(_ error: any Error, _ context: APIContext) -> Problem {
        let problem = problem(for: error, context)
        context.record.problem = problem.code
        return problem
    }

    private static func problem(for error: any Error, _ context: APIContext) -> Problem {
        switch error {
        case let problem as Problem:
            return problem
        case let refusal as Refusal:
            return Problem(refusal)
        case PasswordError.busy:
            return .unavailable("too many users are signing in at the moment: try again in a few seconds")
        case is SearchTookTooLong:
            return .unavailable("the search took too long: search for whole words, or add a filter")
        case let error as any HTTPResponseError:
            return Problem(error.status, "http", "The request failed", error.status.reasonPhrase)
        case is HTTPParserError, is IOError, is ChannelError:
            // In the middle of a body, the input broke the rules of HTTP, or the client closed the connection.
            return .notHTTP
        case is UnknownValue:
            // A deploy is in progress, and this process still runs the previous build.
            context.logger.error("Could not read a row of a newer build", metadata: ["error": "\(error)"])
            return .unavailable("GitTix is being updated: try again in a minute", retryAfter: 30)
        case is CancellationError:
            return .unavailable("the server is stopping: try again")
        default:
            context.logger.error("Request failed", metadata: ["error": "\(error)"])
            return Unavailability.isCause(of: error)
                ? .unavailable("part of the system cannot be reached: try again in a few seconds") : .internal
        }
    }
}
