import Foundation
import HTTPTypes
import Hummingbird

extension FormFields {
    /// Whether a problem is one to show with the form, so that nothing has to be typed again; then it is taken in.
    ///
    /// Who may not do this at all is told so on a page of its own.
    mutating func takes(_ problem: Problem) -> Bool {
        switch problem.status {
        case .unauthorized, .forbidden, .notFound, .internalServerError: return false
        case .serviceUnavailable:
            // Where the service may have been told, the same key makes another try of it the same one.
            let mayBeDone = problem.headers[.location] != nil
            fail(
                nil,
                mayBeDone
                    ? "It is not known whether this was done. Send the form again: it is done once only."
                    : "This could not be done just now, and nothing was done. Try again in some seconds.")
            return true
        default:
            take(problem)
            return true
        }
    }

    /// The key of the form as it is shown next: a new one, but after a failure that leaves open what was done.
    func nextKey(after status: HTTPResponse.Status) -> String {
        status == .serviceUnavailable ? self.key?.text ?? FormKey.make() : FormKey.make()
    }
}
