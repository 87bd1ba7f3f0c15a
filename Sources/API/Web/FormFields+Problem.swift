import Foundation
import HTTPTypes
import Hummingbird

extension FormFields {
    /// Adds a problem's errors, so that the form can be shown again with its values.
    ///
    /// - Returns: `false` for a problem that has its own page, such as a missing permission. Nothing is added for such
    ///   a problem.
    mutating func tryAddFaults(of problem: Problem) -> Bool {
        switch problem.status {
        case .unauthorized, .forbidden, .notFound, .internalServerError: return false
        case .serviceUnavailable:
            // A location in the response means that the service may have received the command. The form keeps its key,
            // so that sending the same form again sends the same command.
            let mayBeDone = problem.headers[.location] != nil
            fail(
                nil,
                mayBeDone
                    ? "We don't know yet whether this worked. You can safely send the form again: it won't be done twice."
                    : "We couldn't do this right now. Nothing was changed. Try again in a few seconds.")
            return true
        default:
            addFaults(of: problem)
            return true
        }
    }

    /// The key of the form that is shown again: a new key, or the same key after 503, because the command may have been
    /// executed.
    func nextKey(after status: HTTPResponse.Status) -> String {
        status == .serviceUnavailable ? self.key?.text ?? FormKey.make() : FormKey.make()
    }
}
