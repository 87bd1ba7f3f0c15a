import HTTPTypes
import Hummingbird

extension Response {
    /// To be got from elsewhere: what a form is answered with (RFC 9110, section 15.4.4).
    static func seeOther(_ location: String) -> Response {
        Response(status: .seeOther, headers: [.location: location])
    }
}
