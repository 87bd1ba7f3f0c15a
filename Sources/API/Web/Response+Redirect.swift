import HTTPTypes
import Hummingbird

extension Response {
    /// 303: the response to a form (RFC 9110, section 15.4.4).
    static func seeOther(_ location: String) -> Response {
        Response(status: .seeOther, headers: [.location: location])
    }
}
